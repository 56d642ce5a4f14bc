import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

@Suite struct ModelFilesTests {
    static let device = TestedBackend.cpu[0].device
    let temporary = TemporaryFolder()
    var folder: ModelFolder { ModelFolder(temporary("model")) }

    private func write(_ model: LanguageModel) throws {
        try Files.makeFolder(folder.path)
        try Files.write(Array(model.configuration.json.indented.utf8), to: folder.configuration)
        var file = Safetensors()
        for (name, parameter) in model.parameters {
            file.arrays[name] = .init(shape: parameter.shape, try parameter.value.floats())
        }
        try Files.write(file.encoded(), to: folder.weights)
    }

    @Test(arguments: Cell.all) func comesBack(_ cell: Cell) throws {
        let configuration = LanguageModelConfiguration(
            cell: cell, hidden: 6, layers: 3, embedding: 4, dropout: 0.3,
            vocabulary: Vocabulary(of: "aé\n\"😀".unicodeScalars))
        let model = LanguageModel(configuration, seed: 2, on: Self.device)
        try write(model)
        let loaded = try LanguageModel(folder, on: Self.device)
        #expect(loaded.configuration == configuration)
        for ((name, a), (_, b)) in zip(model.parameters, loaded.parameters) {
            #expect(try a.value.floats() == b.value.floats(), "\(name)")
        }
    }

    /// A `state_dict` saved in float64 by PyTorch.
    @Test func loadsDoubles() throws {
        let (model, file) = try LanguageModelTests.model("gru", on: Self.device)
        var doubles = Safetensors()
        for (name, array) in file.arrays where name.hasPrefix("start.") {
            let values = array.values.floats!.map(Double.init)
            doubles.arrays[String(name.dropFirst(6))] = .init(shape: array.shape, .float64(values))
        }
        try write(model)
        try Files.write(doubles.encoded(), to: folder.weights)
        let loaded = try LanguageModel(folder, on: Self.device)
        for ((_, a), (_, b)) in zip(model.parameters, loaded.parameters) {
            #expect(try a.value.floats() == b.value.floats())
        }
    }

    /// PyTorch's `state_dict` of tied layers has their one table under both names.
    @Test func tiedTablesComeUnderBothNames() throws {
        var options = ModelOptions()
        options.isTied = true
        let configuration = LanguageModelConfiguration(
            cell: .gru, hidden: 5, layers: 1, embedding: 5, dropout: 0, options: options,
            vocabulary: Vocabulary(of: "abc".unicodeScalars))
        let model = LanguageModel(configuration, seed: 2, on: Self.device)
        try write(model)
        var file = try Safetensors(path: folder.weights)
        #expect(file.arrays["linear.weight"] == nil)
        let table = try #require(file.arrays["embedding.weight"])
        file.arrays["linear.weight"] = table
        try Files.write(file.encoded(), to: folder.weights)
        let loaded = try LanguageModel(folder, on: Self.device)
        for ((name, a), (_, b)) in zip(model.parameters, loaded.parameters) {
            #expect(try a.value.floats() == b.value.floats(), "\(name)")
        }
        var values = try #require(table.values.floats)
        values[7] += 1
        file.arrays["linear.weight"] = .init(shape: table.shape, values)
        try Files.write(file.encoded(), to: folder.weights)
        let error = #expect(throws: TrainingError.self) { try LanguageModel(folder, on: Self.device) }
        let line = "\(error!)"
        #expect(
            line.contains(folder.weights) && line.contains("'linear.weight'") && line.contains("'embedding.weight'"))
        // A name of nothing is still refused.
        (file.arrays["linear.weight"], file.arrays["linear.wait"]) = (nil, table)
        try Files.write(file.encoded(), to: folder.weights)
        let unknown = #expect(throws: TrainingError.self) { try LanguageModel(folder, on: Self.device) }
        #expect("\(unknown!)".contains("'linear.wait'"))
    }

    @Test func damageIsNamed() throws {
        let (model, _) = try LanguageModelTests.model("lstm", on: Self.device)
        try write(model)
        let weights = try Files.read(folder.weights)
        let file = try Safetensors(bytes: weights, name: "")
        let configuration = String(decoding: try Files.read(folder.configuration), as: UTF8.self)
        func expect(_ part: String, at path: String) {
            let error = #expect(throws: (any Error).self) { try LanguageModel(folder, on: Self.device) }
            let line = "\(error!)"
            #expect(line.hasPrefix(path) && line.contains(part) && !line.contains("\n"), "\(line)")
        }

        var damaged = file
        damaged.arrays["linear.bias"] = nil
        try Files.write(damaged.encoded(), to: folder.weights)
        expect("'linear.bias' is missing", at: folder.weights)
        damaged = file
        damaged.arrays["another.weight"] = .init(shape: [2], [1, 2])
        try Files.write(damaged.encoded(), to: folder.weights)
        expect("'another.weight' does not belong", at: folder.weights)
        damaged = file
        damaged.arrays["embedding.weight"] = .init(shape: [5, 11], .init(repeating: 0, count: 55))
        try Files.write(damaged.encoded(), to: folder.weights)
        expect("shape [5, 11]", at: folder.weights)
        damaged.arrays["embedding.weight"] = .init(shape: [11, 5], .int32(.init(repeating: 0, count: 55)))
        try Files.write(damaged.encoded(), to: folder.weights)
        expect("'embedding.weight'", at: folder.weights)
        for count in stride(from: 0, to: weights.count, by: 211) {
            try Files.write(Array(weights[..<count]), to: folder.weights)
            expect("(byte", at: folder.weights)
        }
        try Files.write(weights, to: folder.weights)

        let changes = [
            ("language-model", "image-model", "'image-model'"), ("\"lstm\"", "\"lsdm\"", "'cell'"),
            ("\"hidden\": 9", "\"hidden\": 0", "'hidden'"), ("\"hidden\": 9", "\"hidden\": 9.5", "'hidden'"),
            ("\"hidden\": 9", "\"hidden\": 99999999", "'hidden'"), ("\"hidden\": 9", "\"hidden\": 60000", "numbers"),
            ("\"hidden\": 9", "\"hidden\": 8", "shape"), ("\"dropout\": 0", "\"dropout\": 1", "'dropout'"),
            ("\"dropout\": 0.0", "\"dropout\": 0.99999999999", "'dropout'"),
            ("\"vocabulary\"", "\"alphabet\"", "'vocabulary'"), ("abcdefghijk", "a", "'vocabulary'"),
            ("abcdefghijk", "abcdefghij", "shape"), ("{", "[", "(byte"),
        ]
        for (old, new, part) in changes {
            let parts = configuration.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
            #expect(parts.count == 2, "\(old)")
            try Files.write(Array((parts[0] + new + parts[1]).utf8), to: folder.configuration)
            expect(part, at: folder.path)
        }
        try Files.write(Array(configuration.utf8), to: folder.configuration)
        _ = try LanguageModel(folder, on: Self.device)
        #expect(throws: ModelError.self) { try LanguageModel(ModelFolder(temporary("none")), on: Self.device) }
        #expect(throws: DataError.missing(path: "\(temporary.path)/config.json")) {
            try LanguageModel(ModelFolder(temporary.path), on: Self.device)
        }
    }
}
