import UnrollData

/// Measures what training costs, apart from validation, saving and the first batch, in which kernels are built.
///
/// Work is asked of the device and done later, so that time counts only up to moments when the device was idle.
struct TrainingClock {
    private let clock = ContinuousClock()
    /// When the device was last idle, and the last report.
    private var last: ContinuousClock.Instant
    private var saved: ContinuousClock.Instant
    private var training = 0.0
    private var tokens = 0
    /// Tokens since `last`.
    private var pending = 0
    private var validation = 0.0
    private(set) var isWarm = false

    init() {
        last = clock.now
        saved = last
    }

    /// A run begins.
    mutating func restart() {
        last = clock.now
        saved = last
        (isWarm, pending) = (false, 0)
    }

    mutating func count(tokens: Int) { pending += tokens }

    /// Everything counted so far is done.
    mutating func deviceIsIdle() {
        let now = clock.now
        if isWarm {
            training += (now - last).seconds
            tokens += pending
        }
        (last, pending) = (now, 0)
    }

    /// The first batch is done: measuring begins.
    mutating func warm() { isWarm = true }

    /// Runs something that is not training; the device was idle before.
    mutating func excluding<Result>(_ work: () throws -> Result) rethrows -> Result {
        defer {
            last = clock.now
            saved = last
        }
        return try work()
    }

    mutating func validating<Result>(_ work: () throws -> Result) rethrows -> Result {
        let start = clock.now
        defer {
            last = clock.now
            validation = (last - start).seconds
        }
        return try work()
    }

    var reportIsDue: Bool { (clock.now - last).seconds > 0.2 }

    func saveIsDue(after seconds: Double) -> Bool { (clock.now - saved).seconds > seconds }

    var tokensPerSecond: Double? { tokens > 0 && training > 0 ? Double(tokens) / training : nil }

    func secondsLeft(tokens: Int, validations: Int) -> Double? {
        tokensPerSecond.map { Double(tokens) / $0 + Double(validations) * validation }
    }
}
