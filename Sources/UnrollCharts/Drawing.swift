import UnrollData

/// What can be seen: one SVG file that needs nothing else, readable on light and on dark ground.
public protocol Drawing: Sendable {
    /// The drawing.
    var svg: String { get }
}

extension Drawing {
    /// Writes the drawing to a file; one that is there is replaced when the new one is complete.
    /// - Throws: `DataError.unwritable`.
    public func write(to path: String) throws { try Files.write(Array(svg.utf8), to: path) }
}
