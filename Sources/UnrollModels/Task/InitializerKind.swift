public import UnrollLayers

/// What a model's weights start with, by name.
public enum InitializerKind: String, Sendable, CaseIterable {
    /// Numbers spread evenly, by the size of a layer: PyTorch's own.
    case pytorch
    /// By the sizes on both sides of a matrix.   (Glorot & Bengio 2010)
    case glorot
    /// By the size of what a matrix reads.   (He et al. 2015)
    case he
    /// Matrices that keep lengths.   (Saxe et al. 2014)
    case orthogonal
    /// Recurrent matrices that keep the state as it is.   (Le, Jaitly & Hinton 2015)
    case identity

    /// What it is.
    public var scheme: Initializer.Scheme {
        switch self {
        case .pytorch: Initializer.Scheme()
        case .glorot: .glorot
        case .he: .he
        case .orthogonal: .orthogonal
        case .identity: .identity
        }
    }
}
