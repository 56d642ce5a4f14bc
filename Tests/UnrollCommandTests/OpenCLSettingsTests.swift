import Testing
import Unroll
import UnrollTestSupport

/// The settings of OpenCL as a user makes them.
@Suite(.enabled(if: !TestedBackend.openCL.isEmpty)) struct OpenCLSettingsTests {
    private let temporary = TemporaryFolder()

    private func bench(_ environment: [String: String?], work: String = "matmul", cases: String = "7,5,3") throws
        -> Program.Outcome
    {
        let arguments = [work, "--cases", cases, "--runs", "2", "--json", "--device", "opencl:0"]
        return try Program(arguments, of: Program.built("unroll-bench"), environment: environment).wait()
    }

    /// What a process that just ends has recorded.
    @Test func aTraceOfAProcess() throws {
        let outcome = try bench(
            ["UNROLL_TRACE": temporary("trace.json")], work: "training-step", cases: "lstm,16,32,2,4,8,20")
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome)")
        let text = String(decoding: try Files.read(temporary("trace.json")), as: UTF8.self)
        let events = try #require(try JSON(parsing: text, name: "trace").array)
        let launches = try #require(try outcome.json()["launches"]?.integer)
        #expect(events.count > 3 * launches && launches > 30)
        #expect(Set(events.map { $0["tid"]?.integer }).count == 1)
    }

    @Test(arguments: [
        ("UNROLL_TRACE", "/none/trace.json"), ("UNROLL_OPENCL_LIMITS", "group=many"), ("UNROLL_OPENCL_PROFILE", "tpu"),
        ("UNROLL_OPENCL_RECURRENCE", "both"),
    ])
    func settingsThatMakeNoSense(_ name: String, _ value: String) throws {
        let outcome = try bench([name: value])
        #expect(outcome.isOneLineError(of: "unroll-bench", naming: ["\(name)=\(value)"]), "\(outcome)")
    }

    @Test func kernelsThatDoNotBuild() throws {
        for file in ["prelude.cl", "functions.h", "update.h", "matmul_vector.cl", "elementwise.cl"] {
            try Files.write(
                Array("kernel void broken(global float *y) { y[0] = nothing_here; }\n".utf8), to: temporary(file))
        }
        let environment = ["UNROLL_KERNELS": temporary.path, "UNROLL_OPENCL_PROFILE": "cpu"]
        let outcome = try bench(environment)
        // A driver may say something of its own before.
        let line = try #require(outcome.error.split(separator: "\n").last)
        #expect(
            outcome.status != 0 && line.hasPrefix("unroll-bench: kernel program 'matmul' did not build on opencl:0: "))
        #expect(line.contains("nothing_here"), "\(outcome)")
    }

    @Test func kernelsThatAreNotThere() throws {
        for file in ["prelude.cl", "matmul_vector.cl"] { try Files.write([], to: temporary(file)) }
        let environment = ["UNROLL_KERNELS": temporary.path, "UNROLL_OPENCL_PROFILE": "cpu"]
        let outcome = try bench(environment)
        #expect(outcome.isOneLineError(of: "unroll-bench", naming: ["CL_INVALID_KERNEL_NAME (-46)"]), "\(outcome)")
    }
}
