import Testing
import UnrollCompute
import UnrollTestSupport

/// Products in tf32 and bf16: on matrix units that are emulated, so that all but the instruction is what a GPU runs.
@Suite struct PrecisionTests {
    /// Which rows a step has is all one to its product, and what is simulated takes long: of those with lengths or another
    /// direction, the ones with everything on.
    private static let usingProducts =
        PrimitiveCase.matmuls
        + PrimitiveCase.recurrences.filter { test in
            test.name.contains("weight dropout")
                || !["bidirectional", "reverse", "steps ["].contains { test.name.contains($0) }
        }

    /// The same operands, rounded in Double: what is left is the order of the sums. An operand that was computed may be
    /// rounded to the other side.
    @Test(arguments: TestedBackend.matrixUnits, usingProducts)
    func agreement(_ tested: TestedBackend, _ test: PrimitiveCase) throws {
        let precision = tested.device.precision
        let expected = try test.results(on: ReferenceBackend(precision))
        let found = try test.results(on: tested.backend)
        #expect(Set(found.keys) == Set(expected.keys) && !found.isEmpty)
        let isComputed = !test.name.hasPrefix("matmul") || test.name.hasPrefix("matmul again")
        // A device's own units may drop bits where they add.
        let units = try #require((tested.backend as? OpenCLBackend)?.units)
        let exact = (units.isEmulated ? 1 : 16) * test.tolerance
        // Layer normalisation divides by what may be small, step after step.
        let growth = test.name.contains("layer norm") ? 32.0 : 1
        let tolerance = isComputed ? 2 * growth * precision.roundingError : exact
        for (name, values) in expected {
            let error = relativeError(found[name] ?? [], values)
            #expect(error <= tolerance, "\(tested), \(test): \(name) is off by \(error)")
        }
    }

    /// Against operands as they are: as far off as their rounding, and not much less.
    @Test(arguments: TestedBackend.matrixUnits)
    func isAsExactAsItsOperands(_ tested: TestedBackend) throws {
        let error = tested.device.precision.roundingError
        var worst = 0.0
        for test in PrimitiveCase.matmuls {
            let expected = try test.results(on: ReferenceBackend())
            let found = try test.results(on: tested.backend)
            for (name, values) in expected { worst = max(worst, relativeError(found[name] ?? [], values)) }
        }
        #expect(worst <= 2 * error && worst > error / 4, "\(tested): off by \(worst)")
    }

    /// Rounding to either side and of ties, numbers too small and too large, and what is no number.
    @Test(arguments: TestedBackend.matrixUnits)
    func operandsAreRounded(_ tested: TestedBackend) throws {
        let precision = tested.device.precision
        let spacing = Float(2 * precision.roundingError)
        var values = [-0.0, 0x1p-126, 3.38e38] as [Float]
        for base in [1, 1.5, -1, 1 + spacing, -3 + spacing, 1024, 2 - spacing] as [Float] {
            for part in [0.25, 0.4999, 0.5, 0.5001, 0.75, 1] as [Float] { values.append(base * (1 + part * spacing)) }
        }
        let identity = (0..<values.count * values.count).map { $0 % (values.count + 1) == 0 ? 1 : 0 as Float }
        let found = try product(values, identity, side: values.count, on: tested.backend)
        for (value, rounded) in zip(values, found) {
            #expect(rounded == Float(precision.rounded(Double(value))), "\(value): \(rounded)")
        }
        // Infinity by one, and numbers that are none: signalling, quiet, and the one of NVIDIA's devices.
        for bits in [0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32] {
            let value = Float(bitPattern: bits)
            let found = try product([value], [1], side: 1, on: tested.backend)[0]
            #expect(value.isNaN ? found.isNaN : found == value || found.isNaN, "\(String(bits, radix: 16)): \(found)")
        }
    }

    /// A row by a matrix of as many rows and columns.
    private func product(
        _ row: [Float], _ matrix: [Float], side: Int, on backend: any Backend
    ) throws -> [Float] {
        let c = backend.makeBuffer(.float32, count: side)
        backend.multiply(
            Matrix(backend.makeBuffer(row), rows: 1, columns: side),
            Matrix(backend.makeBuffer(matrix), rows: side, columns: side), into: Matrix(c, rows: 1, columns: side),
            bias: nil, accumulating: false)
        return try backend.read(c)
    }

    // MARK: Asking for it

    @Test func namesCarryThePrecision() throws {
        for precision in Precision.allCases { #expect(try Precision(flag: "\(precision)") == precision) }
        let error = #expect(throws: ComputeError.self) { try Precision(flag: "fp8") }
        #expect("\(error!)" == "--precision=fp8 is not one of float32, tf32, bf16")
        #expect(try Device(named: "cpu", precision: .float32) == .cpu && Device.cpu.precision == .float32)
        for tested in TestedBackend.matrixUnits {
            #expect(tested.device.name == "opencl:0/\(tested.device.precision)")
            #expect(tested.device.precision != .float32 && tested.device != TestedBackend.openCL[0].device)
        }
    }

    /// No device here has matrix units of its own.
    @Test(arguments: Device.available.filter { $0.info.kind == .cpu }, [Precision.tf32, .bf16])
    func devicesWithoutUnitsRefuse(_ device: Device, _ precision: Precision) throws {
        let reason = try #require(device.refusal(of: precision))
        #expect(reason.contains("NVIDIA") && device.refusal(of: .float32) == nil)
        for ask in [
            { try Device(named: "\(device)/\(precision)") }, { try Device(named: device.name, precision: precision) },
            { try Device.chosen(device.name, precision: precision) },
        ] {
            let error = #expect(throws: ComputeError.self) { try ask() }
            #expect(error == .precisionRefused(precision, device: device.name, reason: reason))
            let text = "\(error!)"
            #expect(text.hasPrefix("\(device) does not compute in \(precision): ") && text.contains("float32"))
            #expect(!text.contains("\n"))
        }
        #expect(try Device(named: "\(device)/\(precision)", precision: .float32) == device)
    }

    @Test(.enabled(if: !TestedBackend.openCL.isEmpty)) func kernelsForAProcessorRefuse() {
        let error = #expect(throws: ComputeError.self) {
            try OpenCLBackend(device: 0, profile: .cpu, precision: .tf32, emulated: true)
        }
        #expect("\(error!)".contains("opencl:0 does not compute in tf32: its kernels are those for a processor"))
    }
}
