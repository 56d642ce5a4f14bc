import Synchronization

/// What the elements of a buffer are.
public enum ElementType: String, Sendable {
    case float32, int32
}

/// Memory owned by one backend.
///
/// Backends subclass it. `id` is never reused within a process and `version` changes with every write, so that
/// whatever is derived from a buffer (packed weights) can be kept by the pair.
open class Buffer: @unchecked Sendable {
    package let id: UInt64
    package let type: ElementType
    package let count: Int
    package private(set) var version = 0

    /// The host's copy of an int32 buffer: index tensors come from the host, and are checked and sorted there.
    package private(set) var indices: [Int32]?

    /// What a backend has packed of it; see Buffer+Packed.swift. No `Lock`, which would be an allocation for every buffer.
    let packedForms = Mutex<[PackedWeight]>([])

    private static let nextID = Atomic<UInt64>(1)

    package init(type: ElementType, count: Int) {
        id = Buffer.nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        (self.type, self.count) = (type, count)
    }

    /// Every primitive calls this for every buffer it writes.
    package func touch() { version &+= 1 }

    /// For `write` of int32 values: remembers them.
    package func keep(indices: [Int32]) {
        self.indices = indices
        touch()
    }
}
