import Testing
import UnrollData
import UnrollTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct FilesTests {
    let folder = TemporaryFolder()

    @Test(arguments: [0, 1, 65535, 65536, 300_001]) func readsWhatItWrote(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try Files.write(bytes, to: folder("file"))
        #expect(try Files.read(folder("file")) == bytes)
        try Files.write([7], to: folder("file"))
        #expect(try Files.read(folder("file")) == [7])
        #expect(folder.names == ["file"])
    }

    @Test func readingNamesWhatIsWrong() throws {
        #expect(throws: DataError.missing(path: folder("none"))) { try Files.read(folder("none")) }
        #expect(throws: DataError.isFolder(path: folder.path)) { try Files.read(folder.path) }
        try Files.write([1], to: folder("file"))
        #expect(throws: DataError.unreadable(path: folder("file/x"), reason: "Not a directory")) {
            try Files.read(folder("file/x"))
        }
        // Root may read everything.
        if geteuid() != 0 {
            chmod(folder("file"), 0)
            #expect(throws: DataError.unreadable(path: folder("file"), reason: "Permission denied")) {
                try Files.read(folder("file"))
            }
        }
    }

    @Test func writingNamesWhatIsWrong() throws {
        #expect(throws: DataError.unwritable(path: folder("no/file"), reason: "No such file or directory")) {
            try Files.write([1], to: folder("no/file"))
        }
        try Files.makeFolder(folder("a/b/c"))
        try Files.makeFolder(folder("a/b/c"))
        #expect(Files.isFolder(folder("a/b/c")))
        #expect(throws: DataError.unwritable(path: folder("a/b"), reason: "Is a directory")) {
            try Files.write([1], to: folder("a/b"))
        }
        #expect(folder.names == ["a"])
        try Files.write([1], to: folder("file"))
        #expect(throws: DataError.unwritable(path: folder("file"), reason: "File exists")) {
            try Files.makeFolder(folder("file"))
        }
    }

    /// A device that is always full: the old file survives and the new one goes.
    @Test func unwritablePathsAreFoundBefore() throws {
        #expect(throws: DataError.unwritable(path: folder("no/file"), reason: "No such file or directory")) {
            try Files.checkWritable(folder("no/file"))
        }
        #expect(throws: DataError.isFolder(path: folder.path)) { try Files.checkWritable(folder.path) }
        try Files.write([1, 2], to: folder("file"))
        for name in ["file", "new"] { try Files.checkWritable(folder(name)) }
        // What is there stays, and nothing is added.
        #expect(try Files.read(folder("file")) == [1, 2] && folder.names == ["file"])
    }

    @Test func fullDiskLeavesTheOldFile() throws {
        try Files.write([1, 2, 3], to: folder("file"))
        for step in Files.WriteStep.allCases where step != .flushFolder {
            let full = Files.WriteFault { at, path in
                if at == step { throw DataError.unwritable(path: path, reason: "No space left on device") }
            }
            Files.$fault.withValue(full) {
                let error = DataError.unwritable(path: folder("file"), reason: "No space left on device")
                #expect(throws: error) { try Files.write([4], to: folder("file")) }
            }
            #expect(try Files.read(folder("file")) == [1, 2, 3])
            #expect(folder.names == ["file"])
        }
    }

    @Test func aRealFullDeviceIsNamed() throws {
        // Where the new file would be is a link to a device that is always full.
        guard Files.exists("/dev/full") else { return }
        try Files.write([1, 2, 3], to: folder("file"))
        symlink("/dev/full", folder("file.new"))
        #expect(throws: DataError.unwritable(path: folder("file"), reason: "No space left on device")) {
            try Files.write([4], to: folder("file"))
        }
        #expect(try Files.read(folder("file")) == [1, 2, 3])
        #expect(folder.names == ["file"])
    }

    @Test func parents() {
        let cases = ["a/b": "a", "a": ".", "/a": "/", "/": "/", "a/b/": "a", "/a/b//": "/a"]
        for (path, parent) in cases { #expect(Files.parent(of: path) == parent) }
    }
}

@Suite struct SHA256Tests {
    @Test func standardExamples() {
        // FIPS 180-4 and NIST's examples; lengths around the padding's edges against coreutils.
        #expect(SHA256.hexadecimal([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256.hexadecimal(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(SHA256.hexadecimal(million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        let edges = [
            55: "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
            56: "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
            63: "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34",
            64: "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
            65: "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0",
        ]
        for (count, digest) in edges { #expect(SHA256.hexadecimal(Array(million[..<count])) == digest) }
    }
}
