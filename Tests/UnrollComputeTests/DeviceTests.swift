import Testing
import UnrollCompute
import UnrollTestSupport

@Suite struct DeviceTests {
    @Test func namesFindTheirDevices() throws {
        #expect(try Device(named: "cpu") == .cpu)
        #expect(Device.cpu.info.kind == .cpu)
        #expect(Device.available.first == .cpu && Set(Device.available).count == Device.available.count)
        for device in Device.available { #expect(try Device(named: device.name) == device) }
        if Device.openCLMissing == nil {
            let device = try Device(named: "opencl")
            #expect(Device.available.contains(device) && device.name.hasPrefix("opencl:"))
            #expect(device.info.computeUnits > 0 && device.info.memory > 0 && !device.info.vendor.isEmpty)
        }
    }

    @Test(arguments: ["gpu", "opencl:", "opencl:x", "opencl:-1", "opencl:99", "CPU", ""])
    func aNameThatIsNone(_ name: String) {
        let error = #expect(throws: ComputeError.self) { try Device(named: name) }
        if Device.openCLMissing != nil, name.hasPrefix("opencl:"), let index = Int(name.dropFirst(7)), index >= 0 {
            #expect("\(error!)".hasPrefix("OpenCL is not available: "))
        } else {
            #expect("\(error!)".contains("'\(name)'") && "\(error!)".contains("cpu"))
        }
    }

    @Test func settingsThatMakeNoSense() throws {
        let error = #expect(throws: ComputeError.self) { try CPUBackend(instructionSet: "mmx") }
        #expect("\(error!)".contains("UNROLL_INSTRUCTION_SET=mmx"))
        for set in CPUBackend.instructionSets { #expect(try CPUBackend(instructionSet: set).instructionSet == set) }
    }

    @Test(arguments: TestedBackend.all)
    func outOfMemoryIsToldOnceAndHarmsNothing(_ tested: TestedBackend) throws {
        let backend = try tested.another()
        let kept = backend.makeBuffer([1, 2, 3] as [Float])
        // No host has 4 TB; an OpenCL buffer is at most 8 GB, which a large GPU has.
        let isHost = backend is CPUBackend
        let absurd = backend.makeBuffer(.float32, count: isHost ? 1 << 40 : Int(Int32.max))
        let fails = throwsOutOfMemory(backend, absurd)
        #expect(fails || !isHost)
        guard fails else { return }
        // Told: from here on everything runs again, but for what has no memory.
        backend.map(.affine(2, 0), kept, into: kept)
        #expect(try backend.read(kept) == [2, 4, 6])
        backend.map(.affine(1, 0), absurd, into: absurd)
        backend.map(.affine(2, 0), kept, into: kept)
        #expect(throws: ComputeError.self) { try backend.synchronize() }
        #expect(try backend.read(kept) == [2, 4, 6], "nothing may run between a failure and its telling")
    }

    private func throwsOutOfMemory(_ backend: any Backend, _ absurd: Buffer) -> Bool {
        do {
            try backend.synchronize()
            return false
        } catch {
            guard case .outOfMemory(_, let bytes, _, let device)? = error as? ComputeError else { return false }
            return bytes == 4 * absurd.count && device == backend.name
        }
    }

    @Test func poolsReuseBySizeAndStayBounded() {
        let released = Counter()
        let pool = MemoryPool(capacity: 1 << 20, limit: 1 << 30) { size in
            UInt(size)
        } release: { _ in
            released.add()
        }
        let (first, size) = pool.take(count: 1000)!
        #expect(size == 4096 && pool.inUse == 4096)
        pool.put(first, size: size)
        #expect(pool.kept == 4096 && pool.take(count: 990)!.block == first && pool.kept == 0)
        let large = pool.take(count: 1 << 20)!
        pool.put(large.block, size: large.size)
        #expect(released.count == 1 && pool.kept == 0, "more than the capacity is not kept")
        #expect(pool.take(count: 1 << 40) == nil && pool.take(count: Int.max) == nil)
        // Eight classes an octave: at most an eighth more than asked for.
        for bytes in [1025, 5000, 100_000, 1_234_567] {
            #expect(MemoryPool.sizeClass(bytes) >= bytes && MemoryPool.sizeClass(bytes) <= bytes + bytes / 8 + 1)
        }
    }
}

private final class Counter: @unchecked Sendable {
    private(set) var count = 0
    func add() { count += 1 }
}
