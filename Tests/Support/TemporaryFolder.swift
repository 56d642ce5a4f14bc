import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A folder that is gone, with what is in it, when nobody holds it any more.
package final class TemporaryFolder {
    package let path: String

    package init() {
        var template = Array("/tmp/unroll-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("no temporary folder: \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryFolder.remove(path) }

    /// A path in it.
    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Names in it, sorted.
    package var names: [String] { TemporaryFolder.names(in: path) }

    package static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        // A link is removed, never what it leads to.
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            chmod(path, 0o755)
            for name in names(in: path) { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}

/// A file kept beside a test, named by the test's `#filePath`.
package func fixture(_ name: String, beside test: String = #filePath) -> String {
    Files.parent(of: test) + "/Fixtures/" + name
}
