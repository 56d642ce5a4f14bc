import CUnrollOpenCL
import Synchronization
import Testing
import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

/// Devices that go, and several at once.
@Suite(.serialized, .enabled(if: !TestedBackend.openCL.isEmpty), .timeLimit(.minutes(5))) struct LostDeviceTests {
    private let temporary = TemporaryFolder()

    private func text() throws -> TrainingText {
        let text = SentenceGrammar.english.corpus(characters: 2000, seed: 1).text
        try Files.write(Array(text.utf8), to: temporary("text.txt"))
        return .file(temporary("text.txt"))
    }

    /// The weights of a run in a folder of its own.
    private static func trained(_ path: String, _ text: TrainingText, on device: Device) throws -> [UInt8] {
        let folder = ModelFolder(path)
        _ = try LanguageModelTraining(LanguageModelTrainingTests.settings, text: text, folder: folder, on: device).run()
        return try Files.read(folder.weights)
    }

    /// Lost in the first step or later, with what various drivers answer: one line tells it, nothing after that crashes,
    /// and training goes on from its last save on a backend made anew, to the bits of a run that lost nothing.
    @Test(arguments: [(1, CL_DEVICE_NOT_AVAILABLE), (700, CL_OUT_OF_RESOURCES), (3000, -9999)])
    func trainingSurvivesALostDevice(_ launches: Int, _ code: Int32) throws {
        let folder = ModelFolder(temporary("lost"))
        let lost = try OpenCLBackend(device: 0, functions: LosingDevice.functions(after: launches, code))
        let kept = lost.makeBuffer([1, 2, 3] as [Float])
        let error = #expect(throws: ComputeError.self) {
            try LanguageModelTraining(
                LanguageModelTrainingTests.settings, text: text(), folder: folder, on: Device(lost)
            ).run()
        }
        #expect("\(error!)".contains("failed with ") && "\(error!)".contains("(\(code)) on opencl:0"), "\(error!)")
        #expect(!"\(error!)".contains("\n") && "\(error!)".contains("lost") == (code != CL_OUT_OF_RESOURCES))
        #expect(LosingDevice.isLost)
        for _ in 0..<3 {
            let fresh = lost.makeBuffer([4, 5, 6] as [Float])
            lost.map(.affine(2, 0), kept, into: fresh)
            #expect(throws: ComputeError.self) { try lost.read(fresh) }
            #expect(throws: ComputeError.self) { try lost.read(kept) }
            #expect(throws: ComputeError.self) { try lost.synchronize() }
        }
        let back = Device(try OpenCLBackend(device: 0))
        #expect(try LanguageModelTraining(resuming: folder, on: back).run() == .finished)
        #expect(try Files.read(folder.weights) == Self.trained(temporary("whole"), text(), on: back))
    }

    /// Every device of the machine trains at the same time, each to the bits it comes to alone.
    @Test(.enabled(if: ((try? OpenCLPlatform.devices.get().count) ?? 0) > 1))
    func severalDevicesAtOnce() async throws {
        let devices = try OpenCLPlatform.devices.get().indices.map { Device(try OpenCLBackend(device: $0)) }
        let alone = try devices.map { try Self.trained(temporary("alone \($0.name)"), text(), on: $0) }
        #expect(Set(devices.map(\.info.model)).count == devices.count || Set(devices.map(\.info.driver)).count > 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (device, alone) in zip(devices, alone) {
                let (path, text) = (temporary("together \(device.name)"), try text())
                group.addTask {
                    let together = try Self.trained(path, text, on: device)
                    #expect(together == alone, "\(device)")
                }
            }
            try await group.waitForAll()
        }
    }
}

/// The loader's functions until so many launches have been made; from then on whatever asks something of the device is
/// refused.
private enum LosingDevice {
    private static let real = try! OpenCLPlatform.functions.get()
    private static let left = Atomic(0)
    private static let code = Atomic<Int32>(0)

    static var isLost: Bool { left.load(ordering: .relaxed) < 0 }
    private static var refusal: Int32? { isLost ? code.load(ordering: .relaxed) : nil }

    static func functions(after launches: Int, _ code: Int32) -> UnrollOpenCL {
        left.store(launches, ordering: .relaxed)
        self.code.store(code, ordering: .relaxed)
        var functions = real
        functions.EnqueueNDRangeKernel = {
            LosingDevice.left.subtract(1, ordering: .relaxed)
            return LosingDevice.refusal ?? LosingDevice.real.EnqueueNDRangeKernel($0, $1, $2, $3, $4, $5, $6, $7, $8)
        }
        functions.EnqueueReadBuffer = {
            LosingDevice.refusal ?? LosingDevice.real.EnqueueReadBuffer($0, $1, $2, $3, $4, $5, $6, $7, $8)
        }
        functions.EnqueueWriteBuffer = {
            LosingDevice.refusal ?? LosingDevice.real.EnqueueWriteBuffer($0, $1, $2, $3, $4, $5, $6, $7, $8)
        }
        functions.Finish = { LosingDevice.refusal ?? LosingDevice.real.Finish($0) }
        functions.CreateBuffer = {
            guard let refusal = LosingDevice.refusal else { return LosingDevice.real.CreateBuffer($0, $1, $2, $3, $4) }
            $4?.pointee = refusal
            return nil
        }
        return functions
    }
}
