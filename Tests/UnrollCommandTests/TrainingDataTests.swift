import Testing
import Unroll
import UnrollTestSupport

/// What `unroll train` learns from, and begins with, beside a text alone: a model, arrays, files of aligned lines.
@Suite struct TrainingDataTests {
    private let temporary = TemporaryFolder()

    private func write(_ lines: [String], _ name: String) throws -> String {
        try Files.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: temporary(name))
        return temporary(name)
    }

    @Test func goesOnFromAModel() throws {
        let run = try SmallRun()
        let (text, model) = (run.folder("fewer"), run.folder("next"))
        // A model of this text alone would not know the character that is left out.
        try Files.write(try Files.read(run.text).filter { $0 != UInt8(ascii: "e") }, to: text)
        let from = [
            "train", "language-model", "--from", run.model, "--text", text, "--batch", "3", "--steps", "7", "--epochs",
            "1", "--device", "cpu",
        ]
        let trained = try Program.unroll(from + ["--freeze", "embedding.*", "--output", model])
        try #require(trained.status == 0, "\(trained.error)")

        let (before, after) = (try run.contents(), try run.contents(of: model))
        #expect(after["config.json"] == before["config.json"])
        let (old, new) = (try bits(run.model), try bits(model))
        #expect(old.count > 2 && old.keys.sorted() == new.keys.sorted())
        for (name, values) in old { #expect((new[name] == values) == name.hasPrefix("embedding."), "\(name)") }

        let own = [["--hidden", "6"], ["--cell", "gru"], ["--dropout", "0.1"], ["--unit", "words"]]
        try refuses(from, own.map { ($0, [$0[0], "--from"]) })
    }

    /// Each of some flags makes a command an error of one line, which names parts, before it makes a folder.
    private func refuses(_ command: [String], _ cases: [(flags: [String], parts: [String])]) throws {
        for (flags, parts) in cases {
            let refused = try Program.unroll(command + ["--output", temporary("none")] + flags)
            #expect(refused.isOneLineError(naming: parts), "\(flags): \(refused.error)")
        }
        #expect(!Files.exists(temporary("none")))
    }

    /// A model's weights, to the bit.
    private func bits(_ model: String) throws -> [String: [UInt32]] {
        try Safetensors(path: model + "/model.safetensors").arrays.mapValues { array in
            try #require(array.values.floats).map(\.bitPattern)
        }
    }

    /// Bytes in IDX, of two axes, or of one where rows have a number each.
    private func idx(_ rows: [[UInt8]], _ name: String) throws -> String {
        let width = rows[0].count
        let extents = width == 1 ? [rows.count] : [rows.count, width]
        let header: [UInt8] = [0, 0, 8, UInt8(extents.count)] + extents.flatMap { [0, 0, 0, UInt8($0)] }
        try Files.write(header + rows.joined(), to: temporary(name))
        return temporary(name)
    }

    @Test func classifiesArrays() throws {
        // Rows that rise are of class 3, rows that fall of class 7.
        let rows = (0..<60).map { index -> [UInt8] in
            (0..<4).map { step in UInt8(index % 5 + 20 * (index.isMultiple(of: 2) ? step : 3 - step)) }
        }
        let kinds = (0..<60).map { index -> [UInt8] in [index.isMultiple(of: 2) ? 3 : 7] }
        try Files.write(ArrayFile.npy(rows.joined().map { Float($0) }, shape: [60, 4]), to: temporary("rows.npy"))
        let (data, labels) = (temporary("rows.npy"), try idx(kinds, "labels"))
        let test = ["--test", try idx(Array(rows.prefix(20)), "test")]
        let testLabels = ["--test-labels", try idx(Array(kinds.prefix(20)), "test-labels")]
        let base = [
            "train", "classifier", "--data", data, "--hidden", "8", "--batch", "8", "--learning-rate", "0.02",
            "--device", "cpu", "--json",
        ]
        for (name, flags, count, validates) in [
            ("split", ["--split", "35/10/15"], 15, true), ("file", test + testLabels, 20, false),
        ] {
            let trained = try Program.unroll(
                base + ["--labels", labels, "--epochs", "15", "--output", temporary(name)] + flags)
            try #require(trained.status == 0, "\(trained.error)")
            let json = try trained.json()
            let classes = try #require(json["confusion"]?["classes"]?.array)
            #expect(classes.map { $0["name"]?.string } == ["3", "7"], "\(name)")
            let matrix = try #require(json["confusion"]?["counts"]?.array)
            #expect(matrix.flatMap { $0.numbers ?? [] }.reduce(0, +) == Double(count), "\(name)")
            #expect(try #require(json["test_accuracy"]?.number) > 0.9, "\(name)")
            #expect((json["validation_accuracy"] != nil) == validates, "\(name)")
        }

        let few = try idx(Array(kinds.dropLast()), "few")
        try refuses(
            base,
            [
                (["--labels", few], [few, "59", "60", data]), ([], ["--labels"]),
                (["--labels", labels] + test, ["--test-labels"]),
                (["--labels", labels] + testLabels, ["--test-labels"]),
            ])
    }

    @Test func translatesAlignedLines() throws {
        let words = (0..<40).map { String($0, radix: 3) }
        let targets = words.map { String($0.reversed()) }
        let (source, target) = (try write(words, "source"), try write(targets, "target"))
        let pairs = try write(zip(words, targets).map { "\($0)\t\($1)" }, "pairs")
        let base = [
            "train", "translator", "--source-unit", "letters", "--target-unit", "letters", "--hidden", "6",
            "--embedding", "4", "--attention", "general", "--epochs", "2", "--batch", "8", "--device", "cpu", "--json",
        ]
        func learned(_ name: String, _ flags: [String]) throws -> (weights: [String: [UInt32]], nats: Double) {
            let trained = try Program.unroll(base + ["--output", temporary(name)] + flags)
            try #require(trained.status == 0, "\(trained.error)")
            let nats = try #require(trained.json()["validation_nats"]?.number)
            return (try bits(temporary(name)), nats)
        }
        // Two files are the same pairs as one, and so the same run.
        let (two, one) = (
            try learned("two", ["--source", source, "--target", target]), try learned("one", ["--pairs", pairs])
        )
        #expect(two.weights == one.weights && two.nats == one.nats)

        let fewer = try write(Array(targets.dropLast()), "fewer")
        try refuses(
            base,
            [
                (["--source", source, "--target", fewer], [source, fewer, "40", "39"]),
                (["--source", source], ["--target", "missing"]), (["--target", target], ["--source", "missing"]),
                (["--pairs", pairs, "--source", source], ["--pairs", "--source"]),
            ])
    }
}
