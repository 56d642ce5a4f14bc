extension OpenCLBackend {
    /// How the steps of a sweep are run.
    package enum RecurrenceForm: String, Sendable, CaseIterable {
        /// A launch a step.
        case step
        /// One launch for all steps, where a sweep's recurrent weight fits the device (recurrence_persistent.cl).
        case persistent
    }

    /// What a backend knows of the persistent form on its device: whether it may be used, and for which cells it has been
    /// found to work.
    package final class Persistence: Sendable {
        /// What bounds a launch.
        package struct Limits: Sendable {
            /// Work-groups at most: they must all run at once.
            package var groups: Int
            /// How often a group looks for the others before it gives up, in units of 1024.
            package var looks: Int
            /// Whether a cell's first sweep is preceded by a small one that is compared with the form of a launch a step.
            package var triesFirst = true

            package init(groups: Int, looks: Int, triesFirst: Bool = true) {
                (self.groups, self.looks, self.triesFirst) = (groups, looks, triesFirst)
            }

            /// Meant as seconds in all: a GPU looks through memory that all units share, a processor into its cache, and
            /// its driver or the system may leave a group waiting for a long time. No GPU has measured it.
            package init(of device: OpenCLDescription) {
                self.init(groups: device.computeUnits, looks: device.isGPU ? 1 << 12 : 1 << 25)
            }
        }

        fileprivate struct State {
            var isStalled = false
            /// Whether launches have been enqueued since the host last asked how they went.
            var isUnderWay = false
            var launches = 0
            /// By the cell's name, once tried.
            var works: [String: Bool] = [:]
        }

        /// Nil where the device and the sweep decide.
        let form: RecurrenceForm?
        let limits: Limits
        /// ARRIVED and STALLED of recurrence_persistent.cl; made at first use.
        fileprivate let meeting = Lock<Buffer?>(nil)
        private let state = Lock(State())
        /// Held during a trial: two at once would be in each other's way.
        private let trying = Lock(())

        init(form: RecurrenceForm?, _ limits: Limits) { (self.form, self.limits) = (form, limits) }

        /// Whether a sweep of this cell may be launched; all who ask first wait for one trial.
        func works(for cell: Cell, trial: () -> Bool) -> Bool {
            if let known = known(of: cell) { return known }
            return trying.withLock { _ in
                if let known = known(of: cell) { return known }
                let works = trial()
                state.withLock { $0.works[cell.name] = works }
                return works
            }
        }

        private func known(of cell: Cell) -> Bool? {
            state.withLock { $0.isStalled ? false : limits.triesFirst ? $0.works[cell.name] : true }
        }

        /// A launch has been enqueued.
        func launched() {
            state.withLock { state in
                state.isUnderWay = true
                state.launches += 1
            }
        }

        /// Whether any has been enqueued since this was last asked.
        func takeUnderWay() -> Bool {
            state.withLock { state in
                defer { state.isUnderWay = false }
                return state.isUnderWay
            }
        }

        /// Never again on this backend.
        func stalled() { state.withLock { $0.isStalled = true } }

        fileprivate var report: State { state.withLock { $0 } }
    }

    /// How many sweeps have been launched in the persistent form.
    package var persistentLaunches: Int { persistence.report.launches }

    /// The cells tried in the persistent form, by name, and whether it worked.
    package var persistenceTrials: [String: Bool] { persistence.report.works }

    static func recurrenceFromEnvironment() throws -> RecurrenceForm? {
        guard let value = CPUInfo.setting("UNROLL_OPENCL_RECURRENCE") else { return nil }
        guard let form = RecurrenceForm(rawValue: value) else {
            throw ComputeError.badSetting(
                name: "UNROLL_OPENCL_RECURRENCE", value: value, expected: "step or persistent")
        }
        return form
    }

    /// Where the groups of a launch meet.
    func meetingPlace() -> Buffer {
        persistence.meeting.withLock { meeting in
            if let meeting { return meeting }
            let made = makeBuffer(.int32, count: 2)
            write([0, 0] as [Int32], to: made)
            // What a failure kept from being written must not be found again.
            if queue.isSound { meeting = made }
            return made
        }
    }

    /// After everything enqueued has run: a launch that gave up is known now, and told as a failure. From then on all goes
    /// step by step; the word stays raised for launches that another thread has enqueued meanwhile.
    func checkPersistence() {
        guard persistence.takeUnderWay(), let place = persistence.meeting.withLock({ $0 }) else { return }
        var words: [UInt32] = [0, 0]
        words.withUnsafeMutableBytes { queue.read($0, from: (place as! OpenCLBuffer).block) }
        guard words[1] != 0 else { return }
        persistence.stalled()
        queue.fail(.recurrenceStalled(device: name))
    }
}
