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

    static func note(_ message: String) {
        fflush(nil)
        let bytes = Array("unroll-bench: \(message)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
