import Unroll

/// The table for people: a set of columns for each device, then one for each peer with the ratios.
struct Report {
    private let columns: [Column]

    private struct Column {
        /// What several columns have in common: a device, a peer.
        var group: String
        var title: String
        var width: Int
        var isText = false
        var value: (Figures) -> String
    }

    /// - Parameter cases: all that the table will have, for the width of their names.
    init(_ work: Work, _ cases: [any Case], devices: [String], peers: [String]) {
        let widest = cases.map { $0.description.count }.max() ?? 0
        var columns = [
            Column(group: "", title: work.rawValue, width: max(widest, work.rawValue.count), isText: true) {
                $0.item.description
            }
        ]
        if work.cases.passes.count > 1 {
            columns.append(Column(group: "", title: "pass", width: 8, isText: true) { $0.pass.rawValue })
        }
        for (index, device) in devices.enumerated() {
            columns += Self.columns(of: device, at: index, work)
            if cases.contains(where: { $0.plain != nil }) {
                columns.append(
                    Column(group: device, title: "× plain", width: 7) { figures in
                        figures.ratioToPlain(figures.devices[index])?.fixed(2) ?? ""
                    })
            }
            if index > 0 {
                columns.append(
                    Column(group: device, title: "× \(devices[0])", width: 7) { figures in
                        (figures.devices[0].time.median / figures.devices[index].time.median).fixed(2)
                    })
            }
        }
        for peer in peers { columns += Self.columns(ofPeer: peer, devices, work) }
        self.columns = columns
    }

    private static func columns(of device: String, at index: Int, _ work: Work) -> [Column] {
        let column = { (title: String, width: Int, value: @escaping (Figures, Figures.OfDevice) -> String) in
            Column(group: device, title: title, width: width) { value($0, $0.devices[index]) }
        }
        let percent = { (part: Double?) in part.map { "\(($0 * 100).fixed(0)) %" } ?? "" }
        var columns = [
            column(work.timeUnit.name, 10) { $1.time.median.scaled(work.timeUnit.scale) },
            column("±", 5) { percent($1.time.spread) },
        ]
        switch work {
        case .streaming:
            columns.append(column("99th", 10) { $1.time.percentile99.scaled(work.timeUnit.scale) })
            columns.append(column("reading", 8) { percent($1.fractionOfBandwidth) })
        case .text:
            columns.append(column("tokens/s", 9) { $0.tokensPerSecond($1.time).map { Int($0).grouped } ?? "" })
        default:
            columns.append(column("GFLOP/s", 8) { ($1.speed / 1e9).fixed(1) })
            columns.append(column("peak", 5) { percent($1.fractionOfPeak) })
        }
        columns.append(column("MB", 7) { (Double($1.memory) / 1e6).fixed(1) })
        if device != "cpu" {
            columns.append(column("launches", 8) { $1.counts.map { "\($0.launches)" } ?? "" })
            columns.append(column("waits", 5) { $1.counts.map { "\($0.hostWaits)" } ?? "" })
        }
        if work == .trainingStep { columns.append(column("process MB", 11) { megabytes($1.processMemory) }) }
        return columns
    }

    private static func columns(ofPeer peer: String, _ devices: [String], _ work: Work) -> [Column] {
        let found = { (figures: Figures) in figures.peers.first { $0.peer == peer } }
        var columns = [
            Column(group: peer, title: work.timeUnit.name, width: max(10, peer.count + 1)) {
                found($0)?.time.median.scaled(work.timeUnit.scale) ?? "–"
            }
        ]
        if work == .trainingStep {
            columns.append(
                Column(group: peer, title: "process MB", width: 11) { megabytes(found($0)?.processMemory) })
        }
        for (index, device) in devices.enumerated() {
            columns.append(
                Column(group: peer, title: "÷ \(device)", width: max(6, device.count + 3)) { figures in
                    found(figures).map { figures.ratio(figures.devices[index], $0).fixed(2) } ?? "–"
                })
        }
        return columns
    }

    private static func megabytes(_ bytes: Int?) -> String { bytes.map { (Double($0) / 1e6).fixed(0) } ?? "–" }

    // MARK: Lines

    /// Groups, and below them titles.
    var header: [String] {
        let groups = columns.indices.map { index in
            index > 0 && columns[index - 1].group == columns[index].group ? "" : columns[index].group
        }
        return [line(groups), line(columns.map(\.title))]
    }

    func row(_ figures: Figures) -> String { line(columns.map { $0.value(figures) }) }

    private func line(_ cells: [String]) -> String {
        zip(columns, cells).map { column, cell in cell.padded(column.width, left: !column.isText) }
            .joined(separator: "  ")
    }

    /// Of every peer, pass and device the mean of the ratios.
    static func means(_ all: [Figures]) -> [String] {
        let peers = all.flatMap { $0.peers.map(\.peer) }.unique
        return peers.flatMap { peer in
            all.flatMap { $0.devices.map(\.device) }.unique.map { device in
                let means = Pass.allCases.compactMap { pass -> String? in
                    let ratios = all.filter { $0.pass == pass }.compactMap { figures -> Double? in
                        guard let peer = figures.peers.first(where: { $0.peer == peer }),
                            let device = figures.devices.first(where: { $0.device == device })
                        else { return nil }
                        return figures.ratio(device, peer)
                    }
                    guard let mean = ratios.geometricMean else { return nil }
                    return "\(pass) \(mean.fixed(2)) (least \(ratios.min()!.fixed(2)))"
                }
                return "geometric mean of \(peer) ÷ \(device): \(means.joined(separator: ", "))"
            }
        }
    }
}

extension Work {
    /// What times of it are written in.
    fileprivate var timeUnit: (name: String, scale: Double) { self == .streaming ? ("µs", 1e6) : ("ms", 1e3) }
}

extension Double {
    /// Three digits that matter, or all before the point.
    fileprivate func scaled(_ scale: Double) -> String {
        let value = self * scale
        return value.fixed(value < 10 ? 3 : value < 100 ? 2 : 1)
    }
}

extension Array where Element: Hashable {
    /// Each once, in order.
    fileprivate var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
