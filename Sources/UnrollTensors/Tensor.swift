public import UnrollCompute

/// Numbers of a given shape on a device, row-major and contiguous.
///
/// Operations give new tensors and are differentiable: inside `valueWithGradient` a tensor computed from parameters
/// remembers the tape that recorded it. Elsewhere nothing is recorded and operations are plain calls.
///
/// Operations on tensors do not throw. A wrong shape is a mistake of the program and stops it with a message; a failure
/// of the device is thrown where numbers are read (`floats()`, `scalar()`).
public struct Tensor {
    /// The extent of each axis; `[]` for a single number.
    public let shape: [Int]
    /// Where it lives.
    public let device: Device

    package let buffer: Buffer
    /// Its place on a tape; nil when nobody will ask for its gradient.
    package var node: Node?

    /// What its elements are: `float32`, or `int32` for indices and targets.
    public var elementType: ElementType { buffer.type }
    /// The number of elements.
    public var count: Int { buffer.count }

    /// A tensor around an existing buffer of as many elements as the shape has.
    package init(_ buffer: Buffer, shape: [Int], on device: Device, node: Node? = nil) {
        require(
            shape.allSatisfy { $0 > 0 } && shape.product == buffer.count,
            "Tensor: \(buffer.count) elements do not fill shape \(shape)")
        (self.shape, self.device, self.buffer, self.node) = (shape, device, buffer, node)
    }

    /// Numbers in row-major order. Precondition: as many as the shape has, none of its extents zero.
    public init(_ values: [Float], shape: [Int], on device: Device = .default) {
        self.init(device.backend.makeBuffer(values), shape: shape, on: device)
    }

    /// Integers (indices, targets) in row-major order. Precondition: as many as the shape has, none of its extents zero.
    ///
    /// A literal makes floats unless it says otherwise: `[2, 0, 1] as [Int32]`.
    @_disfavoredOverload
    public init(_ values: [Int32], shape: [Int], on device: Device = .default) {
        self.init(device.backend.makeBuffer(values), shape: shape, on: device)
    }

    /// Numbers along one axis.
    public init(_ values: [Float], on device: Device = .default) {
        self.init(values, shape: [values.count], on: device)
    }

    /// Integers along one axis.
    @_disfavoredOverload
    public init(_ values: [Int32], on device: Device = .default) {
        self.init(values, shape: [values.count], on: device)
    }

    /// A single number, of shape `[]`.
    public init(_ scalar: Float, on device: Device = .default) { self.init([scalar], shape: [], on: device) }

    /// A tensor of zeros.
    public static func zeros(_ shape: [Int], on device: Device = .default) -> Tensor {
        full(shape, with: 0, on: device)
    }

    /// A tensor of one number everywhere.
    public static func full(_ shape: [Int], with value: Float, on device: Device = .default) -> Tensor {
        let tensor = empty(shape, on: device)
        device.backend.fill(tensor.buffer, with: value)
        return tensor
    }

    /// The same numbers as a constant: no gradient flows through it. Carried state is detached between training steps.
    public func detached() -> Tensor { Tensor(buffer, shape: shape, on: device) }

    /// A float32 tensor for an operation to fill.
    static func empty(_ shape: [Int], on device: Device) -> Tensor {
        Tensor(device.backend.makeBuffer(.float32, count: shape.product), shape: shape, on: device)
    }
}

// MARK: Reading

extension Tensor {
    /// The numbers in row-major order; waits for the device.
    /// - Throws: `ComputeError`, the first failure of the device since the last throw.
    public func floats() throws -> [Float] {
        require(elementType == .float32, "floats: the tensor of shape \(shape) holds integers")
        return try device.backend.read(buffer)
    }

    /// The integers in row-major order.
    public func integers() throws -> [Int32] { indices("integers") }

    /// The only number of a tensor of one element; waits for the device.
    /// - Throws: `ComputeError`, the first failure of the device since the last throw.
    public func scalar() throws -> Float {
        require(count == 1, "scalar: shape \(shape) is not a single number")
        return try floats()[0]
    }

    /// The host's copy of an integer tensor, for the operation of this name.
    func indices(_ operation: String) -> [Int32] {
        guard let indices = buffer.indices else {
            fatalError("\(operation): expected integers, found a tensor of \(elementType) of shape \(shape)")
        }
        return indices
    }
}

// MARK: Shapes

extension Tensor {
    var backend: any Backend { device.backend }

    /// Everything but the last axis, and the last axis.
    var rowsAndColumns: (rows: Int, columns: Int) {
        let columns = shape.last ?? 1
        return (count / columns, columns)
    }

    /// The extents before an axis, of it, and after it; negative axes count from the end.
    func extents(around axis: Int, in operation: String) -> (axis: Int, before: Int, extent: Int, after: Int) {
        let index = axis < 0 ? axis + shape.count : axis
        require(shape.indices.contains(index), "\(operation): shape \(shape) has no axis \(axis)")
        return (index, shape[..<index].product, shape[index], shape[(index + 1)...].product)
    }

    /// Stops the program unless all hold floats and live on one device.
    static func check(_ operation: String, _ tensors: Tensor...) {
        for tensor in tensors { tensor.check(operation, on: tensors[0].device) }
    }

    /// Stops the program unless it holds floats and lives on this device.
    func check(_ operation: String, on device: Device) {
        require(elementType == .float32, "\(operation): expected floats, found integers of shape \(shape)")
        require(self.device == device, "\(operation): one tensor is on \(device), another on \(self.device)")
    }
}

extension Collection where Element == Int {
    /// The number of elements of a shape.
    package var product: Int { reduce(1, *) }
}
