#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whole files: read into memory, and written so that a reader sees the old bytes or the new, never a mixture.
public enum Files {
    /// What a write does, in order.
    package enum WriteStep: Sendable, CaseIterable {
        case create, fill, flush, rename, flushFolder
    }

    /// Stands in for a disk that is full, or a process that is killed: for tests.
    package final class WriteFault: Sendable {
        /// Called before each part of a write to a path; what it throws is that part's failure.
        let before: @Sendable (WriteStep, String) throws -> Void

        package init(_ before: @escaping @Sendable (WriteStep, String) throws -> Void) { self.before = before }
    }

    @TaskLocal package static var fault: WriteFault?

    /// All bytes of a file.
    /// - Throws: `DataError.missing`, `.isFolder` or `.unreadable`.
    public static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw errno == ENOENT ? DataError.missing(path: path) : .unreadable(path: path, reason: systemReason())
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw DataError.unreadable(path: path, reason: systemReason()) }
        if status.st_mode & S_IFMT == S_IFDIR { throw DataError.isFolder(path: path) }

        // A pipe has no size: what counts is what read returns.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size) + 1)
        while true {
            let room = max(bytes.capacity - bytes.count, 1 << 16)
            var got = 0
            bytes.append(
                contentsOf: try [UInt8](unsafeUninitializedCapacity: min(room, 1 << 26)) { buffer, count in
                    repeat { got = Self.readSome(file, buffer) } while got < 0 && errno == EINTR
                    guard got >= 0 else { throw DataError.unreadable(path: path, reason: systemReason()) }
                    count = got
                })
            if got == 0 { return bytes }
        }
    }

    /// Replaces a file, or makes it: the bytes go to a new file beside it, are flushed to the disk, and take the name.
    ///
    /// Killed at any instant, or out of space, the path holds all of the old bytes or all of the new.
    /// - Throws: `DataError.unwritable`; the old file is as it was and the new one is removed.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        let new = path + ".new"
        do {
            try part(.create, path)
            let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            try check(file)
            do {
                defer { close(file) }
                try part(.fill, path)
                try fill(file, with: bytes)
                try part(.flush, path)
                try check(fsync(file))
            }
            try part(.rename, path)
            try check(rename(new, path))
        } catch {
            unlink(new)
            throw (error as? SystemFailure).map { DataError.unwritable(path: path, reason: $0.reason) } ?? error
        }
        try part(.flushFolder, path)
        flushName(of: path)
    }

    /// Finds out whether `write` can begin: whether the file beside the path can be made, which is then removed. For work
    /// that takes long before it has anything to write.
    /// - Throws: `DataError.isFolder`, `.unwritable`.
    public static func checkWritable(_ path: String) throws {
        if isFolder(path) { throw DataError.isFolder(path: path) }
        let new = path + ".new"
        let file = open(new, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw DataError.unwritable(path: path, reason: systemReason()) }
        close(file)
        unlink(new)
    }

    /// A name is on the disk only when its folder is; a file system that cannot flush folders has no more to give.
    private static func flushName(of path: String) {
        let folder = open(parent(of: path), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    /// Makes a folder, and those it lies in, where they are missing.
    /// - Throws: `DataError.unwritable`.
    public static func makeFolder(_ path: String) throws {
        if isFolder(path) { return }
        let above = parent(of: path)
        if above != path, !isFolder(above) { try makeFolder(above) }
        guard mkdir(path, 0o755) == 0 || (errno == EEXIST && isFolder(path)) else {
            throw DataError.unwritable(path: path, reason: systemReason())
        }
        flushName(of: path)
    }

    /// Whether there is anything at this path.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// Whether two paths lead to one file, or will where there is none yet.
    package static func areSame(_ first: String, _ second: String) -> Bool {
        var (one, other) = (stat(), stat())
        switch (stat(first, &one) == 0, stat(second, &other) == 0) {
        case (true, true): return one.st_dev == other.st_dev && one.st_ino == other.st_ino
        case (false, false):
            let names = [first, second].map { $0.split(separator: "/").last }
            let folders = (parent(of: first), parent(of: second))
            return names[0] == names[1] && exists(folders.0) && areSame(folders.0, folders.1)
        default: return false
        }
    }

    /// Whether there is a folder at this path.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Where a path lies: `a/b` in `a`, `b` in `.`, `/b` in `/`.
    package static func parent(of path: String) -> String {
        var path = path[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private struct SystemFailure: Error { var reason: String }

    private static func part(_ step: WriteStep, _ path: String) throws { try fault?.before(step, path) }

    private static func check(_ result: Int32) throws {
        if result < 0 { throw SystemFailure(reason: systemReason()) }
    }

    private static func fill(_ file: Int32, with bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { all in
            var rest = all[...]
            while !rest.isEmpty {
                let count = Self.writeSome(file, UnsafeRawBufferPointer(rebasing: rest))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw SystemFailure(reason: systemReason()) }
                rest = rest.dropFirst(count)
            }
        }
    }

    private static func systemReason() -> String { String(cString: strerror(errno)) }

    private static func readSome(_ file: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        #if canImport(Glibc)
            Glibc.read(file, buffer.baseAddress, buffer.count)
        #else
            Darwin.read(file, buffer.baseAddress, buffer.count)
        #endif
    }

    private static func writeSome(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(file, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(file, bytes.baseAddress, bytes.count)
        #endif
    }
}
