/// The optimizers by name, for those who choose at run time.
public enum OptimizerKind: String, Sendable, CaseIterable {
    /// Stochastic gradient descent, with or without momentum: `SGD`.
    case sgd
    /// `Adam`.   (Kingma & Ba 2015)
    case adam
    /// Adam with weight decay apart from the gradient: `AdamW`.   (Loshchilov & Hutter 2019)
    case adamw
    /// Adam with Nesterov's momentum: `NAdam`.   (Dozat 2016)
    case nadam
    /// `RMSprop`.   (Hinton 2012)
    case rmsprop
    /// `Adagrad`.   (Duchi, Hazan & Singer 2011)
    case adagrad
    /// `Adadelta`.   (Zeiler 2012)
    case adadelta
    /// SGD that averages once validation no longer improves: `NTASGD`.   (Merity, Keskar & Socher 2018)
    case ntasgd = "nt-asgd"

    /// A learning rate to begin with.
    public var learningRate: Float {
        switch self {
        case .adam, .adamw, .nadam, .rmsprop: 0.004
        case .adagrad: 0.05
        case .sgd, .ntasgd, .adadelta: 1
        }
    }

    /// Whether there is a momentum to choose.
    public var hasMomentum: Bool { self == .sgd || self == .rmsprop }

    /// One of its kind, with PyTorch's defaults for everything else.
    public func optimizer(learningRate: Float, momentum: Float = 0, weightDecay: Float = 0) -> Optimizer {
        switch self {
        case .sgd: SGD(learningRate: learningRate, momentum: momentum, weightDecay: weightDecay)
        case .adam: Adam(learningRate: learningRate, weightDecay: weightDecay)
        case .adamw: AdamW(learningRate: learningRate, weightDecay: weightDecay)
        case .nadam: NAdam(learningRate: learningRate, weightDecay: weightDecay)
        case .rmsprop: RMSprop(learningRate: learningRate, momentum: momentum, weightDecay: weightDecay)
        case .adagrad: Adagrad(learningRate: learningRate, weightDecay: weightDecay)
        case .adadelta: Adadelta(learningRate: learningRate, weightDecay: weightDecay)
        case .ntasgd: NTASGD(learningRate: learningRate, weightDecay: weightDecay)
        }
    }
}
