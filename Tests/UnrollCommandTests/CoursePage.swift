import Testing
import Unroll
import UnrollTestSupport

/// A page of the course. Each of its blocks of Swift is a program, and each of its pictures a chart that one of them draws.
struct CoursePage {
    /// Its name, without the end of the file's.
    let name: String
    private let lines: [Substring]

    private static let catalogue = UserPackageTests.repository + "/Sources/Unroll/Documentation.docc"

    /// Every page, in the order of their names.
    static func all() throws -> [CoursePage] {
        try TemporaryFolder.names(in: catalogue).filter { $0.hasSuffix(".md") }.map { file in
            let text = String(decoding: try Files.read("\(catalogue)/\(file)"), as: UTF8.self)
            return CoursePage(
                name: String(file.dropLast(3)), lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    /// The programs, by the names that targets of a package can have.
    var programs: [(target: String, code: String)] {
        let blocks = lines.split(omittingEmptySubsequences: false) { $0.hasPrefix("```") }
        // Text and code take turns; what is code says its line before it.
        return stride(from: 1, to: blocks.count, by: 2).filter { index in
            blocks[index].startIndex > 0 && lines[blocks[index].startIndex - 1] == "```swift"
        }.enumerated().map { number, index in
            ("Course\(name)\(number)", blocks[index].joined(separator: "\n") + "\n")
        }
    }

    /// The pictures' files.
    var charts: [String] {
        lines.filter { $0.hasPrefix("![") }.compactMap { line in
            line.split(separator: "](").last.map { String($0.dropLast()) }
        }
    }

    /// Runs the programs of a built package, and holds the charts they write against those of the catalogue, which they
    /// replace where `UNROLL_WRITE_CHARTS` is set.
    func check(in package: TemporaryFolder) throws {
        let folder = package("run-of-\(name)")
        try Files.makeFolder(folder)
        let isWriting = Program.isSet("UNROLL_WRITE_CHARTS")
        let device = isWriting && name == "RunningOnOpenCL" ? "opencl" : "cpu"
        #expect(!programs.isEmpty, "\(name) has no program")
        for (target, _) in programs {
            let outcome = try Program(
                [], of: package(".build/release/\(target)"), in: folder, environment: ["UNROLL_DEVICE": device]
            ).wait()
            #expect(outcome.status == 0, "\(target): \(outcome.error)")
        }
        let written = TemporaryFolder.names(in: folder).filter { $0.hasSuffix(".svg") }
        #expect(written == charts.sorted(), "\(name): the pictures are not the charts that were written")
        for chart in written {
            let now = try Files.read("\(folder)/\(chart)")
            let path = "\(Self.catalogue)/Resources/\(chart)"
            if isWriting { try Files.write(now, to: path) }
            try #require(Files.exists(path), "\(chart) is missing: UNROLL_WRITE_CHARTS=1 writes it")
            let (own, kept) = (Self.words(of: now), Self.words(of: try Files.read(path)))
            // Here there may be fewer devices, and fewer lines, than there were.
            #expect(
                !own.isEmpty && own[0] == kept.first && own.allSatisfy(kept.contains),
                "\(chart) is of another program: UNROLL_WRITE_CHARTS=1 writes it anew")
        }
    }

    /// What a chart says: its title, axes and legend. Numbers, and labels for which there may be room or not, differ between
    /// instruction sets.
    private static func words(of svg: [UInt8]) -> [String] {
        let lines = String(decoding: svg, as: UTF8.self).split(separator: "\n")
        guard lines.first?.hasPrefix("<svg ") == true, lines.last == "</svg>" else { return [] }
        let texts = lines.filter { $0.hasPrefix("<text ") && !$0.contains(" label") && !$0.contains("class=\"label") }
        return texts.compactMap { line in
            let words = line.drop { $0 != ">" }.dropFirst().prefix { $0 != "<" }.filter { !$0.isNumber }
            return words.contains(where: \.isLetter) ? String(words) : nil
        }
    }
}
