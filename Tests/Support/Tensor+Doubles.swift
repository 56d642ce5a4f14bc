package import UnrollCompute
package import UnrollTensors

extension Tensor {
    /// Its numbers as the device has them: in Double on the reference backend.
    package func doubles() throws -> [Double] {
        try (buffer as? ReferenceBuffer)?.values ?? floats().map(Double.init)
    }

    /// Sets its numbers in Double, on the reference backend.
    func overwrite(with values: [Double]) {
        guard let buffer = buffer as? ReferenceBuffer else { preconditionFailure("not on the reference backend") }
        buffer.values = values
        buffer.touch()
    }
}

extension Device {
    /// The judge: Double on the reference backend.
    package static let reference = Device(ReferenceBackend())
}

extension TestedBackend {
    /// Every backend, and the reference itself.
    package static let allAndReference = [TestedBackend("reference") { Device.reference.backend }] + all

    /// How far a result may be from an independent one in Double, relative to its largest magnitude.
    package var tolerance: Double { device == .reference ? 1e-10 : 1e-5 }
}
