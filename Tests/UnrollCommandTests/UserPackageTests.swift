import Testing
import Unroll
import UnrollTestSupport

@Suite struct UserPackageTests {
    static let repository = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))

    /// The block of code that follows a mark in the README.
    static func readme(_ mark: String) throws -> String {
        let text = String(decoding: try Files.read(repository + "/README.md"), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "<!-- \(mark) -->"), "README.md has no <!-- \(mark) -->")
        let code = lines[start...].drop { !$0.hasPrefix("```") }.dropFirst()
        return code.prefix { !$0.hasPrefix("```") }.joined(separator: "\n") + "\n"
    }

    /// A package of the user's own, as the README writes it: compiled, and its loss falls.
    @Test func compilesAndLearns() throws {
        let folder = TemporaryFolder()
        let manifest = try Self.readme("manifest")
        #expect(manifest.contains("\"../unroll\"") && manifest.contains("package: \"unroll\""))
        // A package in a folder goes by the folder's name, whatever this clone is called.
        let name = Self.repository.split(separator: "/").last!
        let here = manifest.replacing("\"../unroll\"", with: "\"\(Self.repository)\"")
            .replacing("package: \"unroll\"", with: "package: \"\(name)\"")
        try Files.makeFolder(folder("Sources/Remember"))
        try Files.write(Array(here.utf8), to: folder("Package.swift"))
        try Files.write(Array(try Self.readme("library").utf8), to: folder("Sources/Remember/main.swift"))

        let environment: [String: String?] = ["UNROLL_DEVICE": "cpu"]
        let built = try Program(
            ["swift", "build", "-c", "release", "--product", "Remember"], of: "/usr/bin/env", in: folder.path,
            environment: environment
        ).wait()
        try #require(built.status == 0, "\(built.output)\n\(built.error)")
        let outcome = try Program([], of: folder(".build/release/Remember"), environment: environment).wait()
        #expect(outcome.status == 0, "\(outcome.error)")
        let losses = outcome.output.split(separator: "\n").compactMap { line in
            line.split(separator: " ").last.flatMap { Float($0) }
        }
        #expect(losses.count > 3)
        #expect(try #require(losses.last) < 0.2 * (try #require(losses.first)), "\(outcome.output)")
    }
}
