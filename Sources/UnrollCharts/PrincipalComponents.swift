/// The directions in which points are spread most (Pearson 1901): the leading eigenvectors of their covariance, by
/// Jacobi's rotations in `Double`, the same for the same points on every machine.
public struct PrincipalComponents: Sendable, Equatable {
    /// `[dimensions]`, what was taken from every point.
    public let mean: [Double]
    /// `[count, dimensions]`, of length one, the greatest entry of each above zero; zeros where nothing is spread.
    public let directions: [[Double]]
    /// `[count]`, the variance along each direction, greatest first (of n points, the sum of squares over n - 1).
    public let variances: [Double]
    /// The variance along all directions there are.
    public let totalVariance: Double
    /// `[points, count]`, where each point lies along the directions.
    public let coordinates: [[Double]]

    /// The first components of points.
    /// - Parameters:
    ///   - points: `[points, dimensions]`, finite.
    ///   - count: how many components.
    /// - Complexity: that of the eigenvectors of a matrix as large as the smaller of the two sizes.
    public init(of points: [[Float]], count: Int = 2) {
        let width = points.first?.count ?? 0
        precondition(
            points.allSatisfy { $0.count == width && $0.allSatisfy(\.isFinite) },
            "PrincipalComponents: points of \(width) finite dimensions each")
        precondition(count >= 0, "PrincipalComponents: \(count) components")
        let size = Double(max(points.count, 1))
        let mean = (0..<width).map { index in points.reduce(0) { $0 + Double($1[index]) } / size }
        let rows = points.map { zip($0, mean).map { Double($0) - $1 } }
        let isWide = width > rows.count
        let sides = isWide ? rows : Self.transposed(rows, width)
        // X Xᵀ has the eigenvalues of Xᵀ X, and is smaller where there are few points of many dimensions.
        let (squares, vectors) = Self.eigenvectors(of: Self.products(sides))
        let order = squares.indices.sorted { (squares[$1], $0) < (squares[$0], $1) }.prefix(count)
        let freedom = max(size - 1, 1)
        var directions: [[Double]] = []
        for index in order {
            // Below this there is nothing but rounding.
            let isSpread = squares[index] > (squares[order[0]] * 1e-13)
            let side = vectors.map { $0[index] }
            let along = isWide ? Self.combined(rows, side, width) : side
            directions.append(isSpread ? Self.directed(along) : along.map { _ in 0 })
        }
        while directions.count < count { directions.append(mean.map { _ in 0 }) }
        self.mean = mean
        self.directions = directions
        variances = (0..<count).map { $0 < order.count ? max(squares[order[$0]], 0) / freedom : 0 }
        totalVariance = rows.reduce(0) { $1.reduce($0) { $0 + $1 * $1 } } / freedom
        coordinates = rows.map { row in
            directions.map { zip(row, $0).reduce(0) { $0 + $1.0 * $1.1 } }
        }
    }

    private static func transposed(_ rows: [[Double]], _ width: Int) -> [[Double]] {
        (0..<width).map { column in rows.map { $0[column] } }
    }

    /// The inner products of all pairs.
    private static func products(_ rows: [[Double]]) -> [[Double]] {
        var products = rows.map { _ in rows.map { _ in 0.0 } }
        for i in rows.indices {
            for j in 0...i {
                var sum = 0.0
                for k in rows[i].indices { sum += rows[i][k] * rows[j][k] }
                (products[i][j], products[j][i]) = (sum, sum)
            }
        }
        return products
    }

    private static func combined(_ rows: [[Double]], _ weights: [Double], _ width: Int) -> [Double] {
        (0..<width).map { column in zip(rows, weights).reduce(0) { $0 + $1.0[column] * $1.1 } }
    }

    /// Of length one, and not pointing away: an eigenvector's negative is one too.
    private static func directed(_ vector: [Double]) -> [Double] {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { return vector }
        let greatest = vector.max { abs($0) < abs($1) } ?? 1
        return vector.map { $0 / (greatest < 0 ? -length : length) }
    }

    /// The eigenvalues of a symmetric matrix, and as columns its eigenvectors: rotations that make one entry beside
    /// the diagonal zero at a time, over and over (Jacobi 1846).
    private static func eigenvectors(of matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
        let size = matrix.count
        var a = matrix
        var vectors = (0..<size).map { row in (0..<size).map { $0 == row ? 1.0 : 0 } }
        for _ in 0..<60 {
            var isDiagonal = true
            for p in 0..<size {
                for q in (p + 1)..<max(size, p + 1) {
                    // Beside such a diagonal it changes nothing.
                    guard abs(a[p][q]) > 1e-17 * (abs(a[p][p]) * abs(a[q][q])).squareRoot(), a[p][q] != 0
                    else { continue }
                    isDiagonal = false
                    rotate(&a, &vectors, p, q)
                }
            }
            if isDiagonal { break }
        }
        return ((0..<size).map { a[$0][$0] }, vectors)
    }

    /// tan 2φ = 2 a_pq / (a_pp - a_qq), of which the smaller angle is taken.
    private static func rotate(_ a: inout [[Double]], _ vectors: inout [[Double]], _ p: Int, _ q: Int) {
        let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
        let tangent =
            theta.isFinite && abs(theta) < 1e150
            ? (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot()) : 0.5 / theta
        let cosine = 1 / (tangent * tangent + 1).squareRoot()
        let sine = tangent * cosine
        for k in a.indices {
            let (left, right) = (a[k][p], a[k][q])
            (a[k][p], a[k][q]) = (cosine * left - sine * right, sine * left + cosine * right)
        }
        for k in a.indices {
            let (left, right) = (a[p][k], a[q][k])
            (a[p][k], a[q][k]) = (cosine * left - sine * right, sine * left + cosine * right)
            let (old, other) = (vectors[k][p], vectors[k][q])
            (vectors[k][p], vectors[k][q]) = (cosine * old - sine * other, sine * old + cosine * other)
        }
        (a[p][q], a[q][p]) = (0, 0)
    }
}
