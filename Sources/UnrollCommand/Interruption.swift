import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Ctrl-C, and the polite `kill`: the first asks the work to stop and save, the second ends the program.
enum Interruption {
    private static let flag = Atomic(false)

    /// Whether it was asked for.
    static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// What the shell reports of a program ended by Ctrl-C.
    static let status: Int32 = 130

    /// From now on a signal sets the flag.
    static func begin() {
        // The flag must exist before a handler needs it.
        flag.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] { signal(number, requested) }
    }

    /// From now on a signal ends the program again.
    static func end() { for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) } }

    /// Does only what a signal handler may.
    fileprivate static func request(_ number: Int32) {
        flag.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
    }
}

private func requested(_ number: Int32) { Interruption.request(number) }
