import Testing
import Unroll
import UnrollTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program as a user runs it: arguments in, exit status and text out.
struct Program {
    /// What a run came to.
    struct Outcome {
        var status: Int32
        var output: String
        var error: String

        /// The JSON object on the last line of standard output.
        func json() throws -> JSON {
            let last = try #require(output.split(separator: "\n").last, "no output; standard error: \(error)")
            return try JSON(parsing: String(last), name: "standard output")
        }

        /// The names of what was measured on the test rows, of the same.
        func testFigures() throws -> [String] {
            try (json().members ?? []).map(\.name).filter { $0.hasPrefix("test_") }
        }

        /// Refused with one line, and nothing but that.
        func isOneLineError(of program: String = "unroll", naming parts: [String]) -> Bool {
            status != 0 && error.hasPrefix("\(program): ") && error.filter { $0 == "\n" }.count == 1
                && error.hasSuffix("\n") && parts.allSatisfy { error.contains($0) }
        }
    }

    /// The command under test.
    static let unroll = built("unroll")

    /// A program of this package: it lies beside the bundle of tests.
    static func built(_ name: String) -> String {
        let test = CommandLine.arguments.first { $0.contains(".xctest") } ?? ""
        let end = test.firstRange(of: ".xctest")?.lowerBound ?? test.startIndex
        return Files.parent(of: String(test[..<end])) + "/" + name
    }

    private let process: pid_t
    private let folder = TemporaryFolder()

    /// Starts it with nothing on standard input.
    /// - Parameters:
    ///   - environment: set for it, beside this process's own; nil unsets.
    ///   - terminal: a terminal's path for standard error.
    init(
        _ arguments: [String], of program: String = Program.unroll, in directory: String? = nil,
        environment: [String: String?] = [:], terminal: String? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let create = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder("output"), create, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, terminal ?? folder("error"), create, 0o600)

        // A test's thread has most signals blocked, which a user's shell has not.
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var variables = Self.environment
        // Tests run side by side: threads that spin would only wait for each other.
        variables["UNROLL_THREADS"] = "1"
        for (name, value) in environment { variables[name] = value }
        let values = variables.map { strdup("\($0)=\($1)") } + [nil]
        // Starting in another folder is something only a shell does everywhere.
        let moved = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\""]
        let command = (directory.map { moved + [$0] } ?? []) + [program] + arguments
        let words = command.map { strdup($0) } + [nil]
        defer { for text in values + words { free(text) } }

        var process: pid_t = 0
        let failure = posix_spawnp(&process, command[0], &actions, &attributes, words, values)
        try #require(failure == 0, "\(program): \(String(cString: strerror(failure)))")
        self.process = process
    }

    /// Sends it a signal.
    func signal(_ number: Int32) { kill(process, number) }

    /// Waits for its end.
    func wait() throws -> Outcome {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let text = { (name: String) in
            Files.exists(folder(name)) ? String(decoding: try Files.read(folder(name)), as: UTF8.self) : ""
        }
        // As a shell has it: the status, or 128 and the signal.
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        return Outcome(status: code, output: try text("output"), error: try text("error"))
    }

    /// Runs the command to its end.
    static func unroll(
        _ arguments: String..., in directory: String? = nil, environment: [String: String?] = [:]
    ) throws -> Outcome {
        try unroll(arguments, in: directory, environment: environment)
    }

    /// The same for an array.
    static func unroll(
        _ arguments: [String], in directory: String? = nil, environment: [String: String?] = [:]
    ) throws -> Outcome {
        try Program(arguments, in: directory, environment: environment).wait()
    }

    /// Whether a variable of this process's environment has a value.
    static func isSet(_ name: String) -> Bool { !(environment[name] ?? "").isEmpty }

    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }
}

/// A small text and a small run that learns it.
struct SmallRun {
    let folder = TemporaryFolder()
    /// A second's training at most.
    static let flags = "--hidden 6 --layers 2 --embedding 5 --batch 3 --steps 7 --dropout 0.1 --seed 5"
        .split(separator: " ").map(String.init)

    var text: String { folder("text") }
    var model: String { folder("model") }

    /// - Parameter training: whether the model is trained already.
    init(characters: Int = 1500, training: Bool = true) throws {
        let grammar = SentenceGrammar.english.corpus(characters: characters, seed: 3)
        try Files.write(Array(grammar.text.utf8), to: text)
        if training {
            let outcome = try train("--text", text, "--output", model, "--epochs", "2")
            try #require(outcome.status == 0, "\(outcome.error)")
        }
    }

    /// Trains with the small flags and more.
    func train(_ more: String..., environment: [String: String?] = [:]) throws -> Program.Outcome {
        try Program.unroll(arguments(more), environment: environment)
    }

    func arguments(_ more: [String]) -> [String] {
        ["train", "language-model"] + Self.flags + (more.contains("--device") ? more : ["--device", "cpu"] + more)
    }

    /// Every file of the model's folder and what is in it.
    func contents(of path: String? = nil) throws -> [String: [UInt8]] {
        let path = path ?? model
        let names = TemporaryFolder.names(in: path)
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try Files.read("\(path)/\($0)")) })
    }
}
