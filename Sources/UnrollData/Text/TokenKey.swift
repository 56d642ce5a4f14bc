/// A token as dictionaries know it: by its bytes. Strings are equal in Swift where their characters mean the same (é in
/// one scalar or in two), and then a text would not come back from its indices as it was.
package struct TokenKey: Hashable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (a: TokenKey, b: TokenKey) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    package func hash(into hasher: inout Hasher) {
        let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isHashed == nil { Array(text.utf8).withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    /// By code points, as Python sorts.
    package static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
