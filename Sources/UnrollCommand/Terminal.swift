#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output and standard error.
enum Terminal {
    /// Whether somebody watches: a progress bar goes to standard error, and only there.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 && getenv("TERM").map { strcmp($0, "dumb") != 0 } ?? false }

    /// At once, without a line's end.
    static func write(_ text: String) { put(text, STDOUT_FILENO) }

    /// One line on standard error.
    static func error(_ message: String) { put("unroll: \(message)\n", STDERR_FILENO) }

    /// One line on standard output.
    static func line(_ text: String = "") { put(text + "\n", STDOUT_FILENO) }

    /// Replaces the line at the bottom of the terminal; nil clears it.
    static func status(_ text: String?) { put("\r\u{1B}[2K" + (text ?? ""), STDERR_FILENO) }

    /// How many characters a line of the terminal has.
    static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Without the library's buffer: order holds between the two, and a killed program has said what it said.
    private static func put(_ text: String, _ file: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            #if canImport(Glibc)
                let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            #else
                let count = rest.withUnsafeBytes { Darwin.write(file, $0.baseAddress, $0.count) }
            #endif
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
