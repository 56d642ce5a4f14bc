package import Unroll
package import UnrollCompute

/// `C ← A·B` of `[m, k]` and `[k, n]`, B the same in every run as a layer's weights are.
package struct MatmulCase: Case {
    package static let work = Work.matmul
    package static let grammar = "m,k,n[,batches]"
    package static let defaults = """
        1024,1024,1024 32,512,2048
        256,256,256 2048,256,1024 64,256,1024
        """
    package static let quick = "96,128,160 7,33,65,3"
    package static let passes = [Pass.forward]

    package let rows, inner, columns, batches: Int

    package init(_ fields: inout CaseFields) throws {
        (rows, inner, columns) = (try fields.size("m"), try fields.size("k"), try fields.size("n"))
        batches = try fields.size("batches", default: 1)
    }

    package var fields: [JSON.Member] {
        [.init("m", .integer(rows)), .init("k", .integer(inner)), .init("n", .integer(columns))]
            + (batches > 1 ? [.init("batches", .integer(batches))] : [])
    }

    package func operations(_ pass: Pass) -> Double {
        2 * Double(batches) * Double(rows) * Double(inner) * Double(columns)
    }

    package var numbers: Double {
        let (m, k, n) = (Double(rows), Double(inner), Double(columns))
        return Double(batches) * (m * k + 2 * k * n + m * n)
    }

    package func runner(_ pass: Pass, on device: Device) throws -> Runner {
        let initializer = Initializer(seed: 1, on: device)
        let batch = batches > 1 ? [batches] : []
        let operands = Operands(
            a: initializer.uniform(batch + [rows, inner], bound: 1),
            b: initializer.uniform(batch + [inner, columns], bound: 1))
        return Runner(
            arrays: { try operands.arrays() }, results: { ["c": try operands.product.floats()] },
            call: { _ = operands.product })
    }

    private final class Operands: Module {
        let a, b: Parameter
        init(a: Parameter, b: Parameter) { (self.a, self.b) = (a, b) }
        var product: Tensor { a.value.matmul(b.value) }
    }
}
