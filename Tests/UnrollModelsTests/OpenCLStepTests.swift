import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// Whole training steps on OpenCL: what they ask of the device, and the record of it.
@Suite struct OpenCLStepTests {
    /// Forward, loss, backward, clipping and Adam.
    private func steps(_ count: Int, on device: Device, before: (Int) -> Void = { _ in }) -> [Tensor] {
        let configuration = LanguageModelConfiguration(
            cell: .lstm, hidden: 13, layers: 2, embedding: 5, dropout: 0, vocabulary: Vocabulary(of: ["a", "b", "c"]))
        let model = LanguageModel(configuration, seed: 1, on: device)
        let optimizer = Adam(learningRate: 0.01)
        return (0..<count).map { step in
            let characters = (0..<42).map { Int32(($0 * 5 + step) % 3) }
            before(step)
            let inputs = Tensor(Array(characters.prefix(21)), shape: [3, 7], on: device)
            let targets = Tensor(Array(characters.suffix(21)), shape: [3, 7], on: device)
            let (loss, gradients) = model.valueWithGradient { model.loss(inputs: inputs, targets: targets).loss }
            gradients.clip(norm: 1)
            optimizer.update(model, gradients)
            return loss
        }
    }

    @Test(arguments: TestedBackend.openCL) func aStepWaitsForNothing(_ tested: TestedBackend) throws {
        let backend = try tested.another() as! OpenCLBackend
        var each: [OpenCLCounts] = []
        let losses = steps(4, on: Device(backend)) { _ in
            each.append(backend.counts)
            backend.resetCounts()
        }
        each.append(backend.counts)
        #expect(each.dropFirst().allSatisfy { $0.hostWaits == 0 && $0.launches > 30 }, "\(each)")
        #expect(each[3] == each[2] && each[4] == each[3], "\(each)")
        #expect(try losses.map { try $0.scalar() }.allSatisfy(\.isFinite))
        #expect(backend.counts.hostWaits >= 4, "reading a loss waits")
    }

    /// - Returns: how many launches there were.
    private func record(_ path: String, _ profile: OpenCLBackend.Profile) throws -> Int {
        let backend = try OpenCLBackend(device: 0, profile: profile, trace: path)
        let losses = steps(3, on: Device(backend))
        #expect(backend.counts.hostWaits == 0, "recording waits for nothing")
        #expect(try losses[2].scalar().isFinite)
        return backend.counts.launches
    }

    @Test(.enabled(if: !TestedBackend.openCL.isEmpty), arguments: OpenCLBackend.Profile.allCases)
    func aTraceHasEveryLaunch(_ profile: OpenCLBackend.Profile) throws {
        let folder = TemporaryFolder()
        let launches = try record(folder("trace.json"), profile)
        let text = String(decoding: try Files.read(folder("trace.json")), as: UTF8.self)
        let events = try #require(try JSON(parsing: text, name: "trace").array)
        #expect(events.count == launches && launches > 100)
        var end = 0.0
        for event in events {
            #expect(event["ph"]?.string == "X" && event["name"]?.string?.isEmpty == false)
            let (start, duration) = (try #require(event["ts"]?.number), try #require(event["dur"]?.number))
            #expect(duration >= 0 && start >= end - 0.01, "\(event) after \(end)")
            end = start + duration
            #expect(
                try #require(event["args"]?["global"]?.array).count >= 1 && event["tid"] != nil && event["pid"] != nil)
        }
        #expect(events.contains { $0["name"]?.string == "update" })
    }
}
