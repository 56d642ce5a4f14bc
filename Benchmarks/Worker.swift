import Unroll

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program that answers lines of JSON on its standard output to lines of JSON on its standard input.
final class Worker {
    /// Why there is no answer.
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let process: pid_t
    private let input, output: Int32
    private let folder: TemporaryFolder
    private var unread: [UInt8] = []

    private static let complaints = "complaints"
    /// What an answer may take: a case of minutes is a case too large.
    private static let patience: Int32 = 300_000

    /// - Parameter folder: where its standard error is kept.
    init(_ command: [String], in folder: TemporaryFolder) throws {
        self.folder = folder
        let (request, answer) = (try Self.makePipe(), try Self.makePipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, request.read, 0)
        posix_spawn_file_actions_adddup2(&actions, answer.write, 1)
        posix_spawn_file_actions_addopen(&actions, 2, folder(Self.complaints), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let failure = posix_spawnp(&process, command[0], &actions, nil, words, environ)
        close(request.read)
        close(answer.write)
        guard failure == 0 else {
            close(request.write)
            close(answer.read)
            throw Failure(description: "\(command[0]): \(String(cString: strerror(failure)))")
        }
        (self.process, input, output) = (process, request.write, answer.read)
    }

    deinit {
        // The end of its input ends it.
        close(input)
        close(output)
        while waitpid(process, nil, 0) < 0 && errno == EINTR {}
    }

    /// Both ends close when another program is started.
    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Sends a line and waits for the line that answers it.
    /// - Throws: `Failure`: the worker is gone, or says that it cannot.
    func ask(_ request: JSON) throws -> JSON {
        try send(Array((request.description + "\n").utf8))
        return try answer()
    }

    /// The next line.
    func answer() throws -> JSON {
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                let line = Array(unread[..<end])
                unread.removeFirst(end + 1)
                let answer = try JSON(parsing: line, name: "the worker's answer")
                if let error = answer["error"]?.string { throw Failure(description: error) }
                return answer
            }
            var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Self.patience)
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else {
                kill(process, SIGKILL)
                throw Failure(description: "no answer within \(Self.patience / 1000) s")
            }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(output, &bytes, bytes.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Failure(description: lastComplaint) }
            unread += bytes[..<count]
        }
    }

    private func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(description: lastComplaint) }
            rest = rest.dropFirst(count)
        }
    }

    /// The last line on its standard error: of a Python program the exception.
    private var lastComplaint: String {
        let text = (try? Files.read(folder(Self.complaints))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(whereSeparator: \.isNewline).last.map(String.init) ?? "it ended without a word"
    }
}

/// A folder that goes, with the files in it, when nobody holds it any more.
final class TemporaryFolder {
    private let path: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/unroll-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw DataError.unwritable(path: parent, reason: String(cString: strerror(errno)))
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink(self(name))
            }
            closedir(folder)
        }
        rmdir(path)
    }

    /// A path in it.
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}
