import Testing
import UnrollCompute
import UnrollTestSupport

/// The host's side of OpenCL: limits, trouble, several at once.
@Suite struct OpenCLTests {
    private func backend(_ limits: OpenCLLimits) throws -> OpenCLBackend {
        try OpenCLBackend(device: 0, limits: limits)
    }

    @Test func limitsAreRead() throws {
        let limits = try OpenCLLimits(parsing: "local=32768,group=64,memory=1000000,double=0")
        #expect(limits == OpenCLLimits(local: 32768, group: 64, memory: 1_000_000, double: false))
        #expect(try OpenCLLimits(parsing: "group=64") == OpenCLLimits(group: 64))
    }

    @Test(arguments: ["", "group", "group=", "group=0", "group=x", "local=-1", "double=2", "groups=64", "group=64,"])
    func limitsThatAreNone(_ text: String) {
        let error = #expect(throws: ComputeError.self) { try OpenCLLimits(parsing: text) }
        #expect("\(error!)".hasPrefix("UNROLL_OPENCL_LIMITS=\(text) is not "))
    }

    @Test(.enabled(if: !TestedBackend.openCL.isEmpty)) func limitsCapTheDevice() throws {
        let capped = try backend(OpenCLLimits(local: 4096, group: 3, memory: 1 << 20, double: false)).device
        #expect(capped.localMemory == 4096 && capped.groupSize == 3 && capped.memory == 1 << 20)
        #expect(capped.maximumAllocation == 1 << 20 && !capped.hasDoubles)
        let (all, free) = (try OpenCLPlatform.devices.get()[0], try backend(OpenCLLimits(memory: .max)).device)
        #expect(free.memory == all.memory && free.localMemory == all.localMemory && free.groupSize == all.groupSize)
    }

    @Test(.enabled(if: !TestedBackend.openCL.isEmpty)) func outOfMemoryAndSmallerAgain() throws {
        let backend = try backend(OpenCLLimits(memory: 1 << 20))
        let kept = backend.makeBuffer([Float](repeating: 3, count: 100_000))
        let large = backend.makeBuffer(.float32, count: 200_000, for: "the saved")
        backend.map(.affine(2, 0), large, into: large)
        let error = #expect(throws: ComputeError.self) { try backend.synchronize() }
        let inUse = MemoryPool.sizeClass(400_000)
        #expect(error == .outOfMemory(buffer: "the saved", bytes: 800_000, inUse: inUse, device: "opencl:0"))
        #expect("\(error!)".contains("the saved needs 800000 bytes") && "\(error!)".contains("\(inUse)"))
        let small = backend.makeBuffer(.float32, count: 100_000)
        backend.map(.affine(2, 1), kept, into: small)
        #expect(try backend.read(small) == [Float](repeating: 7, count: 100_000))
    }

    @Test(.enabled(if: !TestedBackend.openCL.isEmpty)) func aGroupTheDeviceHasNot() throws {
        let backend = try OpenCLBackend(device: 0, profile: .gpu, limits: OpenCLLimits(group: 16))
        let x = backend.makeBuffer([1, 2, 3, 4, 5, 6] as [Float])
        backend.fill(x, with: 2)
        #expect(try backend.read(x) == [2, 2, 2, 2, 2, 2], "elementwise kernels take what there is")
        let y = backend.makeBuffer(.float32, count: 6)
        backend.softmax(x, rows: 2, columns: 3, logarithmic: false, into: y)
        let error = #expect(throws: ComputeError.self) { try backend.synchronize() }
        #expect(
            "\(error!)"
                == "clEnqueueNDRangeKernel (softmax_rows) failed with CL_INVALID_WORK_GROUP_SIZE (-54) on opencl:0")
    }

    @Test(.enabled(if: !TestedBackend.openCL.isEmpty)) func moreLocalMemoryThanThereIs() throws {
        let backend = try OpenCLBackend(device: 0, profile: .gpu, limits: OpenCLLimits(local: 64))
        let x = backend.makeBuffer([1, 2, 3, 4, 5, 6] as [Float])
        backend.softmax(x, rows: 2, columns: 3, logarithmic: false, into: x)
        let error = #expect(throws: ComputeError.self) { try backend.synchronize() }
        #expect("\(error!)".contains("local memory of 64") && "\(error!)".contains("CL_OUT_OF_RESOURCES"))
    }

    /// Arguments that stay are not set again: what a launch gets must not depend on the launches before.
    @Test(arguments: TestedBackend.openCL) func argumentsThatComeAndGo(_ tested: TestedBackend) throws {
        let backend = try tested.another()
        for round in 0..<40 {
            // Buffers of many sizes, most of which go back to the driver at once: handles come again as others'.
            let count = 1 + 997 * (round % 7)
            let (x, y) = (backend.makeZeros(count: count), backend.makeBuffer(.float32, count: count))
            backend.fill(x, with: Float(round))
            backend.map(.affine(2, Float(round % 3)), x, into: y)
            #expect(try backend.read(y) == [Float](repeating: Float(2 * round + round % 3), count: count))
            Device(backend).memory?.clear()
        }
    }

    /// Two backends on a device, each in a thread of its own, and one shared by two.
    @Test(.enabled(if: !TestedBackend.openCL.isEmpty), arguments: [true, false])
    func twoAtOnce(_ shared: Bool) async throws {
        let first = try OpenCLBackend(device: 0, profile: .gpu)
        let second = shared ? first : try OpenCLBackend(device: OpenCLPlatform.devices.get().last!.index, profile: .cpu)
        let cases = PrimitiveCase.all.filter { $0.name.contains("lstm 3x5") || $0.name.contains("gru 13x4") }
        #expect(cases.count >= 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for backend in [first, second] {
                group.addTask {
                    for _ in 0..<3 {
                        for test in cases {
                            let (expected, found) = (
                                try test.results(on: ReferenceBackend()), try test.results(on: backend)
                            )
                            for (name, values) in expected {
                                #expect(relativeError(found[name] ?? [], values) <= test.tolerance, "\(test): \(name)")
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Forward of a layer: one launch a step, in stages so many as there are products and what comes between; one for the
    /// states before and one for those after, one a projection, and in vectors one for each weight that is packed.
    @Test(arguments: TestedBackend.openCL) func launchesOfALayer(_ tested: TestedBackend) throws {
        let backend = try tested.another() as! OpenCLBackend
        let isPlain = { (test: StackCase) in
            test.mask == nil && test.stack.layers == 1 && test.stack.direction == .forward && test.stack.memory == .save
        }
        for test in StackCase.all where isPlain(test) {
            let (stack, runs) = (test.stack, test.stack.cell.inputRuns.count)
            let run = StackRun(test, Bench(backend), backward: false)
            let products = 1 + (stack.cell.firstGates < stack.cell.gates ? 1 : 0)
            // In vectors a product may pack its weight first.
            let ofAStep = stack.goesInStages ? (backend.profile == .cpu ? 3 : 2) * products : 1
            let packings = backend.profile == .cpu ? products + runs : 0
            for infers in [false, true] {
                backend.resetCounts()
                if infers { _ = backend.infer(stack, run.pass) } else { _ = backend.forward(stack, run.pass) }
                let counts = backend.counts
                #expect(
                    counts.launches <= test.steps * ofAStep + 2 + runs + packings && counts.hostWaits == 0, "\(counts)")
                #expect(counts.launches > 0)
            }
        }
    }
}
