/// A JSON value. Objects keep the order of their members, so that what is written reads as it was composed.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits.
    case integer(Int)
    /// Any other number; what is not finite is written as null.
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    /// A name and its value.
    public struct Member: Sendable, Equatable {
        /// Unique within its object.
        public var name: String
        /// Anything.
        public var value: JSON

        /// A member of an object.
        public init(_ name: String, _ value: JSON) { (self.name, self.value) = (name, value) }
    }

    /// A number that reads as the Float does (0.002, not 0.0020000000949949026) and gives the same Float back.
    public static func number(_ value: Float) -> JSON {
        guard let short = Double(value.description), Float(short) == value else { return .number(Double(value)) }
        return .number(short)
    }

    /// The value of a member; nil where this is no object or has no such member.
    public subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The string, if it is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The truth value, if it is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The integer, if it is one.
    public var integer: Int? { if case .integer(let value) = self { value } else { nil } }

    /// The number, whole or not, if it is one.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The elements, if it is an array.
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }

    /// The members, if it is an object.
    public var members: [Member]? { if case .object(let value) = self { value } else { nil } }
}

extension JSON {
    /// The elements, if it is an array of strings.
    package var strings: [String]? { elements(\.string) }
    /// The elements, if it is an array of numbers.
    package var numbers: [Double]? { elements(\.number) }

    private func elements<Element>(_ read: (JSON) -> Element?) -> [Element]? {
        let elements = array?.compactMap(read)
        return elements?.count == array?.count ? elements : nil
    }

    // Arrays of one kind, and null for nil.
    package static func strings(_ values: some Sequence<String>) -> JSON { .array(values.map { .string($0) }) }
    package static func numbers(_ values: some Sequence<Double>) -> JSON { .array(values.map { .number($0) }) }
    package static func numbers(_ values: some Sequence<Float>) -> JSON { .array(values.map { .number($0) }) }
    package static func optional(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    package static func optional(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    package static func optional(_ value: Float?) -> JSON { value.map { .number($0) } ?? .null }
    package static func optional(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// Members in the order written.
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Member($0, $1) }) }
}

extension JSON: CustomStringConvertible {
    /// The value on one line, as `metrics.jsonl` and `--json` have it.
    public var description: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// The value over several lines, for files that people read.
    public var indented: String {
        var text = ""
        write(to: &text, indent: 0)
        return text + "\n"
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        // Swift's description is the shortest text that reads back as the same Double, and is valid JSON.
        case .number(let value): text += value.isFinite ? value.description : "null"
        case .string(let value): Self.write(value, to: &text)
        case .array(let elements):
            Self.write(elements, between: ("[", "]"), to: &text, indent: indent) { element, text, indent in
                element.write(to: &text, indent: indent)
            }
        case .object(let members):
            Self.write(members, between: ("{", "}"), to: &text, indent: indent) { member, text, indent in
                Self.write(member.name, to: &text)
                text += indent == nil ? ":" : ": "
                member.value.write(to: &text, indent: indent)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], between ends: (String, String), to text: inout String, indent: Int?,
        one: (Element, inout String, Int?) -> Void
    ) {
        let inner = indent.map { $0 + 2 }
        let newline = { (indent: Int?) in indent.map { "\n" + String(repeating: " ", count: $0) } ?? "" }
        text += ends.0
        for (index, element) in elements.enumerated() {
            text += (index == 0 ? "" : ",") + newline(inner)
            one(element, &text, inner)
        }
        text += (elements.isEmpty ? "" : newline(indent)) + ends.1
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case "\u{0}"..<" ", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
