#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One process's right to write in a folder, from its making to its end; the system takes it back from a killed process.
package final class FolderLock: Sendable {
    private let file: Int32

    /// - Returns: nil where another process, or another lock of this one, has the folder.
    package init?(_ folder: String) {
        file = open(folder, O_RDONLY | O_CLOEXEC)
        // A folder that cannot be opened, or a file system without locks, shows when it is written to, or never.
        guard file >= 0, flock(file, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        close(file)
        return nil
    }

    deinit {
        guard file >= 0 else { return }
        // Closing alone would leave it to a child that is just being started and has not closed its copy yet.
        flock(file, LOCK_UN)
        close(file)
    }
}
