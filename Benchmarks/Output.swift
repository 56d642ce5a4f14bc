import Unroll

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output, a line at a time, and one-line notes on standard error.
enum Output {
    static func line(_ text: String = "") {
        print(text)
        // Whoever reads a pipe sees it now, and what was said stays said if the program is stopped.
        fflush(nil)
    }

    static func note(_ message: String) { fputs("unroll-bench: \(message)\n", stderrStream) }

    /// The C library's own variable is not one that Swift lets several threads share.
    nonisolated(unsafe) private static let stderrStream = fdopen(STDERR_FILENO, "w")
}
