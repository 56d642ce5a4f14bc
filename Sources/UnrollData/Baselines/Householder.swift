/// `A P = Q R` of a matrix with rows `m` and columns `n`, by Householder's reflections: columns are taken in the order of
/// what is left of their length, and those of which nothing is left are not taken.   (Golub & Van Loan 2013, 5.4)
struct Householder {
    /// How many columns are independent.
    private(set) var rank = 0
    /// The columns in the order taken; the first `rank` are independent.
    private(set) var order: [Int]
    /// `[column taken][row]`: R in rows up to the column's, the reflection's vector below and on the diagonal.
    private var columns: [[Double]]
    /// R's diagonal.
    private var diagonal: [Double] = []

    /// - Parameter columns: `[n][m]`.
    /// - Parameter pivoting: whether columns may change places.
    init(_ columns: [[Double]], rows: Int, pivoting: Bool) {
        (self.columns, order) = (columns, Array(columns.indices))
        // Of a column, this part of the longest is rounding.
        var least = 0.0
        for k in 0..<min(rows, columns.count) {
            let lengths = self.columns[k...].map { Self.length($0[k...]) }
            let next = pivoting ? k + (lengths.indices.max { lengths[$0] < lengths[$1] } ?? 0) : k
            self.columns.swapAt(k, next)
            order.swapAt(k, next)
            let length = lengths[next - k]
            if k == 0 { least = length * Double(max(rows, columns.count)) * Double.ulpOfOne }
            guard length > least else { return }
            reflect(k, length: length)
            rank += 1
        }
    }

    /// Scaled, so that no square leaves what a Double can hold.
    private static func length(_ values: ArraySlice<Double>) -> Double {
        let largest = values.reduce(0) { max($0, abs($1)) }
        guard largest > 0 else { return 0 }
        return largest * values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    }

    /// Turns column `k` onto its diagonal, and the columns after it with it.
    private mutating func reflect(_ k: Int, length: Double) {
        let corner = columns[k][k]
        let value = corner > 0 ? -length : length
        // v = (x - value e) / (corner - value): 1 at the corner, so that 2 / v·v = (value - corner) / value.
        for row in columns[k].indices.dropFirst(k) { columns[k][row] /= corner - value }
        columns[k][k] = (value - corner) / value
        diagonal.append(value)
        let v = columns[k]
        for column in columns.indices.dropFirst(k + 1) { Self.reflect(&columns[column], by: v, k) }
    }

    /// `x - τ v (v·x)` in the rows from `k` on, where v is 1 at row `k` and τ is kept there.
    private static func reflect(_ x: inout [Double], by v: [Double], _ k: Int) {
        var product = x[k]
        for row in v.indices.dropFirst(k + 1) { product += v[row] * x[row] }
        product *= v[k]
        x[k] -= product
        for row in v.indices.dropFirst(k + 1) { x[row] -= product * v[row] }
    }

    /// `Qᵀ x` of `[m]`.
    func rotated(_ x: [Double]) -> [Double] {
        var x = x
        for k in 0..<rank { Self.reflect(&x, by: columns[k], k) }
        return x
    }

    /// `Q x` of `[m]`.
    func rotatedBack(_ x: [Double]) -> [Double] {
        var x = x
        for k in (0..<rank).reversed() { Self.reflect(&x, by: columns[k], k) }
        return x
    }

    /// R at row `i` and the `j`-th column taken, `i ≤ j`.
    func upper(_ i: Int, _ j: Int) -> Double { i == j ? diagonal[i] : columns[j][i] }

    /// x of `R x = y` over the independent columns; `[rank]`.
    func solved(_ y: [Double]) -> [Double] {
        var x = Array(y.prefix(rank))
        for i in (0..<rank).reversed() {
            for j in (i + 1)..<max(rank, i + 1) { x[i] -= upper(i, j) * x[j] }
            x[i] /= diagonal[i]
        }
        return x
    }

    /// x of `Rᵀ x = y` over the independent columns; `[rank]`.
    func solvedTransposed(_ y: [Double]) -> [Double] {
        var x = Array(y.prefix(rank))
        for i in 0..<rank {
            for j in 0..<i { x[i] -= upper(j, i) * x[j] }
            x[i] /= diagonal[i]
        }
        return x
    }
}
