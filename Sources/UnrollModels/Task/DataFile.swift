import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that a model learns from or is judged by.
public struct DataFile: Sendable, Hashable {
    /// What it is to the task: the name of the command's flag without `--`.
    public var role: String
    /// Where it is.
    public var path: String
    /// What its examples are, where a file is one class.
    public var label: String?

    /// A file in a role.
    public init(_ role: String, _ path: String, label: String? = nil) {
        (self.role, self.path, self.label) = (role, path, label)
    }
}

/// A file with what is in it.
public struct ReadFile: Sendable {
    /// Which file.
    public let file: DataFile
    /// What is in it.
    public let bytes: [UInt8]

    /// - Throws: `DataError`: what `Files.read` throws.
    public init(_ file: DataFile) throws { (self.file, bytes) = (file, try Files.read(file.path)) }

    /// For errors.
    public var name: String { file.path }

    /// Its text.
    /// - Throws: `DataError.notText`, `.zeroByte`.
    public func text() throws -> String {
        var string = String.UnicodeScalarView()
        string.append(contentsOf: try Text.decode(bytes, name: name))
        return String(string)
    }
}

extension [ReadFile] {
    /// The file in a role, nil where there is none.
    public func file(_ role: String) -> ReadFile? { first { $0.file.role == role } }

    /// Refuses files in roles that a task has no use for.
    /// - Throws: `ModelError.badSetting`.
    func check(roles: [String], of kind: String) throws {
        for file in self where !roles.contains(file.file.role) {
            throw ModelError.badSetting(
                flag: "--" + file.file.role, value: file.file.path,
                expected: "a \(kind) takes " + roles.map { "--" + $0 }.joined(separator: ", ") + "; one of these")
        }
    }

    /// How whoever goes on with a run knows them again.
    var identity: JSON {
        .array(
            map { read in
                // The run may go on from another folder.
                let known: [JSON.Member] = [
                    .init("role", .string(read.file.role)), .init("path", .string(absolute(read.file.path))),
                    .init("sha256", .string(SHA256.hexadecimal(read.bytes))),
                ]
                return .object(known + (read.file.label.map { [.init("label", .string($0))] } ?? []))
            })
    }

    /// The files a run was started with.
    /// - Parameter settings: which hold their `identity` under `files`.
    /// - Throws: `ModelError.dataChanged`, `.unusable`, `DataError`.
    init(identified settings: JSON, name: String) throws {
        // A language model's settings may name its text by itself, null where there was no file.
        let alone = settings["text"].map { text in
            JSON.array(
                text.string.map { [["role": "text", "path": .string($0), "sha256": settings["sha256"] ?? ""]] } ?? [])
        }
        guard let files = (settings["files"] ?? alone)?.array else {
            throw ModelError.unusable(path: name, reason: "its settings do not say which files it learns from")
        }
        self = try files.map { json in
            guard let role = json["role"]?.string, let path = json["path"]?.string, let digest = json["sha256"]?.string
            else { throw ModelError.unusable(path: name, reason: "its settings do not name a file: \(json)") }
            let file = try ReadFile(DataFile(role, path, label: json["label"]?.string))
            guard SHA256.hexadecimal(file.bytes) == digest else { throw ModelError.dataChanged(name: path) }
            return file
        }
    }
}

/// The path from the root, where the file is there to ask.
private func absolute(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
}
