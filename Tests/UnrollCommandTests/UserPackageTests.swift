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

    /// What trains the cells of UserCells.swift: a sum over each row's own steps, through every option.
    static let cells = """
        import Unroll

        final class Counter<Cell: StepCell>: Module {
            let recurrent: Unrolled<Cell>
            let linear: Linear

            init(_ cell: Cell, _ initializer: Initializer) {
                recurrent = Unrolled(cell, reversed: true)
                linear = Linear(inputs: cell.outputs, outputs: 1, initializer)
            }
        }

        func train(_ cell: some StepCell, _ initializer: Initializer) throws {
            let model = Counter(cell, initializer)
            let optimizer = Adam(learningRate: 0.02)
            let mask = try SequenceMask(lengths: (0..<30).map { $0 % 8 }, steps: 7)
            for step in 1...200 {
                let x = (0..<210).map { _ in Float.random(in: 0...1) }
                let sums = (0..<30).map { row in x[7 * row..<7 * row + row % 8].reduce(0, +) }
                let (loss, gradients) = model.valueWithGradient {
                    let h = model.recurrent(Tensor(x, shape: [30, 7, 1]), mask: mask).output.pooled(.mean, mask: mask)
                    return model.linear(h).meanSquaredError(Tensor(sums, shape: [30, 1]))
                }
                gradients.clip(norm: 1)
                optimizer.update(model, gradients)
                if step % 20 == 1 { print("loss", try loss.scalar()) }
            }
        }

        let initializer = Initializer(seed: 1)
        try train(LeakyCell(inputs: 1, hidden: 16, initializer), initializer)
        try train(PlainLSTM(inputs: 1, hidden: 16, initializer), initializer)

        """

    /// Packages of the user's own, as the README and the course write them and with cells that no module of the library
    /// knows: compiled, and their losses fall.
    @Test func compilesAndLearns() throws {
        let folder = TemporaryFolder()
        let manifest = try Self.readme("manifest")
        #expect(manifest.contains("\"../unroll\"") && manifest.contains("package: \"unroll\""))
        // A package in a folder goes by the folder's name, whatever this clone is called.
        let name = Self.repository.split(separator: "/").last!
        let here = manifest.replacing("\"../unroll\"", with: "\"\(Self.repository)\"")
            .replacing("package: \"unroll\"", with: "package: \"\(name)\"")
        // The same target again and again, under other names.
        let target = try #require(here.split(separator: "\n").first { $0.contains(".executableTarget") })
        let pages = try CoursePage.all()
        let programs = pages.flatMap(\.programs)
        let names = ["Remember", "Cells", "Options", "Flow", "Training"] + programs.map(\.target)
        let all = here.replacing(
            target, with: names.map { target.replacing("Remember", with: $0) }.joined(separator: ",\n"))
        let userCells = try Files.read(Self.repository + "/Tests/UnrollLayersTests/UserCells.swift")
        for (path, contents) in [
            ("Package.swift", Array(all.utf8)),
            ("Sources/Remember/main.swift", Array(try Self.readme("library").utf8)),
            ("Sources/Remember/LeakyCell.swift", Array(try Self.readme("cell").utf8)),
            ("Sources/Options/main.swift", Array(try Self.readme("options").utf8)),
            ("Sources/Flow/main.swift", Array(try Self.readme("flow").utf8)),
            ("Sources/Training/main.swift", Array(try Self.readme("training").utf8)),
            ("Sources/Cells/main.swift", Array(Self.cells.utf8)), ("Sources/Cells/UserCells.swift", userCells),
        ] + programs.map({ ("Sources/\($0.target)/main.swift", Array($0.code.utf8)) }) {
            try Files.makeFolder(Files.parent(of: folder(path)))
            try Files.write(contents, to: folder(path))
        }

        let environment: [String: String?] = ["UNROLL_DEVICE": "cpu"]
        let built = try Program(
            ["swift", "build", "-c", "release"], of: "/usr/bin/env", in: folder.path, environment: environment
        ).wait()
        try #require(built.status == 0, "\(built.output)\n\(built.error)")
        let options = try Program([], of: folder(".build/release/Options"), environment: environment).wait()
        #expect(options.output == "[2, 5, 16] [4, 2, 16]\n", "\(options)")
        let flow = try Program([], of: folder(".build/release/Flow"), in: folder.path, environment: environment).wait()
        let lines = flow.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[1].hasPrefix("layer 1 ") && Files.exists(folder("flow.svg")), "\(flow)")
        for (program, runs) in [("Remember", 1), ("Cells", 2), ("Training", 1)] {
            let outcome = try Program([], of: folder(".build/release/\(program)"), environment: environment).wait()
            #expect(outcome.status == 0, "\(outcome.error)")
            let losses = outcome.output.split(separator: "\n").compactMap { line in
                line.split(separator: " ").last.flatMap { Float($0) }
            }
            let length = losses.count / runs
            #expect(length > 3)
            for run in 0..<runs {
                #expect(losses[(run + 1) * length - 1] < 0.2 * losses[run * length], "\(outcome.output)")
            }
        }
        for page in pages { try page.check(in: folder) }
    }
}
