/// The positions of a list of indices, grouped by index, in ascending order within a group: what a deterministic
/// scatter needs, worked out on the host.
package enum IndexOrder {
    /// `order[segments[s] ..< segments[s + 1]]` are the positions that share the s-th distinct index; −1 is left out.
    package static func of(_ indices: [Int32], rows: Int) -> (order: [Int32], segments: [Int32]) {
        var starts = [Int32](repeating: 0, count: rows + 1)
        for index in indices where index >= 0 { starts[Int(index) + 1] += 1 }
        var segments: [Int32] = [0]
        for row in 0..<rows {
            starts[row + 1] += starts[row]
            if starts[row + 1] > starts[row] { segments.append(starts[row + 1]) }
        }
        var order = [Int32](repeating: 0, count: Int(starts[rows]))
        for (position, index) in indices.enumerated() where index >= 0 {
            order[Int(starts[Int(index)])] = Int32(position)
            starts[Int(index)] += 1
        }
        return (order, segments)
    }
}
