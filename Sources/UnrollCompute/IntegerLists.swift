/// Lists of integers of different lengths on a device, a row each: how many there are, then which. `[rows, stride]` int32.
package struct IntegerLists {
    package let buffer: Buffer
    /// 1 + the length of the longest.
    package let stride: Int
    /// The host's copy.
    package let lists: [[Int]]

    package init(_ lists: [[Int]], on backend: any Backend) {
        let stride = 1 + (lists.lazy.map(\.count).max() ?? 0)
        var values = [Int32](repeating: 0, count: lists.count * stride)
        for (row, list) in lists.enumerated() {
            values[row * stride] = Int32(list.count)
            for (place, value) in list.enumerated() { values[row * stride + 1 + place] = Int32(value) }
        }
        (self.lists, self.stride, buffer) = (lists, stride, backend.makeBuffer(values))
    }

    /// Those of one row.
    package subscript(row: Int) -> [Int] { lists[row] }
}
