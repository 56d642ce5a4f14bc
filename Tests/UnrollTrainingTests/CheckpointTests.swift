import Synchronization
import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTestSupport
import UnrollTraining

/// Runs that are killed at every possible place among the files.
@Suite struct CheckpointTests {
    let temporary = TemporaryFolder()
    var folder: ModelFolder { ModelFolder(temporary("run")) }

    /// Lets so many parts of writes through and then fails.
    private static func fault(after count: Int) -> Files.WriteFault {
        let left = Atomic(count)
        return Files.WriteFault { _, path in
            if left.wrappingSubtract(1, ordering: .relaxed).oldValue <= 0 {
                throw DataError.unwritable(path: path, reason: "No space left on device")
            }
        }
    }

    /// How many parts of writes a run has that saves after every batch.
    private static func parts() throws -> Int {
        let counted = Counter()
        let temporary = TemporaryFolder()
        try Files.$fault.withValue(Files.WriteFault { _, _ in counted.count.wrappingAdd(1, ordering: .relaxed) }) {
            _ = try TrainerTests.start(ModelFolder(temporary("run")), saves: 0).run()
        }
        return counted.count.load(ordering: .relaxed)
    }

    private final class Counter: Sendable { let count = Atomic(0) }

    /// A failure before each part of each write of a run, and what a kill at the same place leaves besides: a half
    /// written new file. Resumed, or begun again where nothing was saved yet, the run ends with the same four files.
    @Test func killedAtEveryWrite() throws {
        let expected = try TrainerTests.uninterrupted()
        let parts = try Self.parts()
        #expect(parts > 20 * 5)
        var begun = 0
        for count in 0..<parts {
            let folder = ModelFolder(temporary("killed-\(count)"))
            #expect(throws: DataError.self) {
                try Files.$fault.withValue(Self.fault(after: count)) {
                    _ = try TrainerTests.start(folder, saves: 0).run()
                }
            }
            #expect(!TemporaryFolder.names(in: folder.path).contains { $0.hasSuffix(".new") })
            try Files.write([1, 2, 3], to: folder.training + ".new")
            if Files.exists(folder.training) {
                #expect(try TrainerTests.resume(folder).run() == .finished)
            } else {
                #expect(throws: TrainingError.nothingToResume(path: folder.path)) { try TrainerTests.resume(folder) }
                #expect(try TrainerTests.start(folder).run() == .finished)
                begun += 1
            }
            #expect(try TrainerTests.contents(folder) == expected, "killed at part \(count) of \(parts)")
        }
        #expect(begun == 4)
    }

    /// The disk is full while a resumed run rewrites its files: what was there stays usable.
    @Test func fullWhileResuming() throws {
        _ = try TrainerTests.start(folder).run(shouldStop: { false })
        let expected = try TrainerTests.contents(folder)
        for path in [folder.weights, folder.configuration, folder.metrics] {
            try Files.write([7], to: path)
            for count in 0..<5 {
                #expect(throws: DataError.self) {
                    try Files.$fault.withValue(Self.fault(after: count)) { _ = try TrainerTests.resume(folder) }
                }
            }
            _ = try TrainerTests.resume(folder)
            #expect(try TrainerTests.contents(folder) == expected)
        }
    }

    @Test func everythingComesBack() throws {
        _ = try TrainerTests.start(folder).run(shouldStop: { false })
        let record = try Checkpoint(folder: folder)
        #expect(try Checkpoint(try Safetensors(bytes: record.safetensors.encoded(), name: ""), name: "") == record)
        #expect(record.best != nil && record.best != record.weights && record.metrics.count == 4)
        #expect(record.optimizer.moments.values.allSatisfy { $0.count == 2 } && record.optimizer.steps == 20)

        let other = ModelFolder(temporary("other"))
        var asked = 0
        _ = try TrainerTests.start(other).run(shouldStop: {
            asked += 1
            return asked > 2
        })
        let middle = try Checkpoint(folder: other)
        #expect(middle.carried.map(\.shape) == [[2, 4, 5]] && middle.best == nil && middle.position.batch == 2)
        #expect(middle.position.lossSum > 0)
        #expect(try Checkpoint(try Safetensors(bytes: middle.safetensors.encoded(), name: ""), name: "") == middle)
    }

    @Test func nothingIsOverwritten() throws {
        for name in ["model.safetensors", "config.json", "metrics.jsonl", "training.safetensors"] {
            let folder = ModelFolder(temporary(name))
            try Files.makeFolder(folder.path)
            try Files.write([1, 2], to: "\(folder.path)/\(name)")
            #expect(throws: TrainingError.folderHoldsModel(path: folder.path)) { try TrainerTests.start(folder) }
            #expect(try Files.read("\(folder.path)/\(name)") == [1, 2])
            #expect(TemporaryFolder.names(in: folder.path) == [name])
        }
        try Files.write([1], to: temporary("file"))
        #expect(throws: DataError.self) { try TrainerTests.start(ModelFolder(temporary("file"))) }
        #expect(throws: DataError.self) { try TrainerTests.start(ModelFolder(temporary("file/below"))) }
    }

    @Test func numberedFoldersAreNew() throws {
        let parent = temporary("runs")
        let folders = try (0..<3).map { _ in try ModelFolder.numbered("language-model", in: parent) }
        #expect(folders.map(\.path) == (1...3).map { "\(parent)/language-model-\($0)" })
        try Files.write([1], to: temporary("file"))
        #expect(throws: DataError.self) { try ModelFolder.numbered("a", in: temporary("file")) }
    }

    /// Damaged or foreign, a file is refused with its name; nothing crashes.
    @Test func damagedFilesAreRefused() throws {
        _ = try TrainerTests.start(folder).run(shouldStop: { true })
        let bytes = try Files.read(folder.training)
        for count in stride(from: 0, to: bytes.count, by: 97) {
            try Files.write(Array(bytes[..<count]), to: folder.training)
            #expect(throws: DataError.self) { try TrainerTests.resume(folder) }
        }
        let file = try Safetensors(bytes: bytes, name: "")
        var damages: [(inout Safetensors) -> Void] = [
            { $0.metadata["progress"] = nil }, { $0.metadata["progress"] = "{}" }, { $0.metadata["metrics"] = "{" },
            { $0.arrays["weights.linear.bias"] = nil }, { $0.arrays["weights.another"] = .init(shape: [1], [0]) },
            { $0.arrays["weights.linear.bias"] = .init(shape: [1, 3], [0, 0, 0]) },
            { $0.arrays["weights.linear.bias"] = .init(shape: [3], .int32([0, 0, 0])) },
            { $0.arrays["state.1"] = .init(shape: [1], [0]) },
            { $0.metadata["progress"] = #"{"epoch":-1,"batch":0,"steps":0,"loss_sum":0,"best":null}"# },
            { $0.metadata["progress"] = #"{"epoch":0,"batch":99,"steps":0,"loss_sum":0,"best":null}"# },
        ]
        damages += [
            { $0.arrays["moments.0.linear.bias"] = .init(shape: [2], [0, 0]) },
            { $0.arrays["moments.0.another"] = .init(shape: [1], [0]) },
        ]
        try check(damages, of: file)

        // In the middle of an epoch there is a state too.
        let other = ModelFolder(temporary("other"))
        var asked = 0
        _ = try TrainerTests.start(other).run(shouldStop: {
            asked += 1
            return asked > 2
        })
        let middle = try Safetensors(path: other.training)
        try check(
            [
                { $0.arrays["moments.1.linear.bias"] = nil }, { $0.arrays["state.0"] = nil },
                { $0.arrays["state.0"] = .init(shape: [1], [0]) },
                { $0.arrays["state.1"] = $0.arrays["state.0"] },
                { $0.arrays["state.0"] = .init(shape: [2, 4, 4], Array(repeating: 0, count: 32)) },
            ], of: middle)
        // SGD has one moment, Adam two.
        try Files.write(middle.encoded(), to: folder.training)
        #expect(throws: TrainingError.self) {
            try Trainer(
                resuming: folder, Echo(on: TrainerTests.device), SGD(learningRate: 0.1), TrainerTests.settings())
        }
        #expect(try TrainerTests.resume(folder).run() == .finished)
    }

    private func check(_ damages: [(inout Safetensors) -> Void], of file: Safetensors) throws {
        for (index, damage) in damages.enumerated() {
            var damaged = file
            damage(&damaged)
            try Files.write(damaged.encoded(), to: folder.training)
            let error = #expect(throws: (any Error).self, "damage \(index)") { try TrainerTests.resume(folder) }
            if let error { #expect("\(error)".hasPrefix(folder.training), "\(error)") }
        }
    }

    /// Two runs in one folder would write through each other's files.
    @Test func oneRunAFolder() throws {
        let first = try TrainerTests.start(folder)
        #expect(throws: TrainingError.folderInUse(path: folder.path)) { try TrainerTests.resume(folder) }
        #expect(throws: TrainingError.folderInUse(path: folder.path)) { try TrainerTests.start(folder) }
        _ = try first.run()
        withExtendedLifetime(first) {}
    }

    /// Files from before parameters had counts of their own count once for all of them.
    @Test func olderFilesGoOn() throws {
        func optimizer() -> Optimizer {
            let optimizer = NAdam(learningRate: 0.05)
            optimizer.averaging = .mean(from: 2)
            return optimizer
        }
        func run(_ path: String, _ interrupt: (ModelFolder) throws -> Void) throws -> [[UInt8]] {
            let folder = ModelFolder(temporary(path))
            var asked = 0
            _ = try Trainer(Echo(on: TrainerTests.device), optimizer(), TrainerTests.settings(), folder: folder).run(
                shouldStop: {
                    asked += 1
                    return asked > 7
                })
            try interrupt(folder)
            let task = Echo(on: TrainerTests.device, seed: 77)
            _ = try Trainer(resuming: folder, task, optimizer(), TrainerTests.settings()).run()
            return try TrainerTests.contents(folder)
        }
        let expected = try run("new") { _ in }
        let found = try run("old") { folder in
            var file = try Safetensors(path: folder.training)
            #expect(file.metadata["optimizer"]!.contains("updates"))
            file.metadata["optimizer"] = #"{"name":"nadam","averaged":6,"moments":20,"averages":10}"#
            try Files.write(file.encoded(), to: folder.training)
        }
        #expect(found == expected)
    }

    /// Counts that fit no run are refused.
    @Test(arguments: ["-1", "8", "9223372036854775807", "0.5", "null"]) func countsAreLookedAt(_ count: String) throws {
        _ = try TrainerTests.start(folder).run(shouldStop: { true })
        var file = try Safetensors(path: folder.training)
        for count in [count, "0"] {
            file.metadata["optimizer"] =
                #"{"name":"adam","updates":{"a":\#(count)},"averaged":{},"moments":0,"averages":0}"#
            try Files.write(file.encoded(), to: folder.training)
            if count == "0" {
                _ = try TrainerTests.resume(folder)
            } else {
                #expect(throws: TrainingError.self) { try TrainerTests.resume(folder) }
            }
        }
    }
}
