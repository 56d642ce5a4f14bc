import Unroll

extension Benchmark {
    /// `C ← A·B`: square, and the tall ones of a recurrent layer's projections and weight gradients.
    static var matmuls: [Benchmark] {
        [(256, 256, 256), (1024, 1024, 1024), (2048, 256, 1024), (64, 256, 1024)].map { rows, inner, columns in
            Benchmark(
                name: "matmul \(rows) × \(inner) × \(columns)", operations: 2 * Double(rows * inner * columns)
            ) { device in
                let initializer = Initializer(seed: 1, on: device)
                let a = initializer.uniform([rows, inner], bound: 1).value
                let b = initializer.uniform([inner, columns], bound: 1).value
                return { _ = a.matmul(b) }
            }
        }
    }
}
