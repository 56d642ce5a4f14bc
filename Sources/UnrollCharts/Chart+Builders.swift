import UnrollData

/// The charts that come up again and again, from plain values.
extension Chart {
    /// How a model learned: its loss on both parts, and where it was best.
    /// - Parameters:
    ///   - training: after which epoch it was how much.
    ///   - validation: the same of rows not trained on; may be empty.
    ///   - unit: what the loss is measured in.
    ///   - best: the epoch whose model was kept.
    public static func learning(
        _ title: String, training: [(epoch: Double, loss: Double)],
        validation: [(epoch: Double, loss: Double)] = [], unit: String? = "nats", best: Double? = nil
    ) -> Chart {
        var lines: [Line] = []
        for (name, losses) in [("training", training), ("validation", validation)] where !losses.isEmpty {
            lines.append(Line(name, losses.map { ($0.epoch, $0.loss) }, isDotted: losses.count <= 60))
        }
        var chart = Chart(title, x: .init("epoch", isWhole: true), y: .init("loss", unit: unit), lines: lines)
        if let best { chart.rules = [Rule("best", .vertical(best))] }
        return chart
    }

    /// How several models learned, or one from several starts, as fine-tuned against from scratch.
    /// - Parameters:
    ///   - runs: of each its name and its losses.
    ///   - unit: what the loss is measured in.
    ///   - progress: what the losses are told along.
    ///   - goal: a loss all are held against.
    public static func learning(
        _ title: String, runs: [(name: String, losses: [(x: Double, y: Double)])], unit: String? = "nats",
        along progress: Axis = Axis("step", isWhole: true), goal: Double? = nil
    ) -> Chart {
        let lines = runs.map { Line($0.name, $0.losses, isDotted: $0.losses.count <= 60) }
        var chart = Chart(title, x: progress, y: .init("loss", unit: unit), lines: lines)
        if let goal { chart.rules = [Rule("\(goal.fixed(3))", .horizontal(goal))] }
        return chart
    }

    /// What came, what was foretold, and between which bounds.
    /// - Parameters:
    ///   - unit: what the series is measured in.
    ///   - actual: the series.
    ///   - predictions: what the model said.
    ///   - interval: from where to where the model expected it.
    ///   - intervalName: what the legend calls that, as `80 % interval`.
    ///   - split: where the rows end that were trained on.
    ///   - time: what the series is told along.
    public static func forecast(
        _ title: String, unit: String? = nil, actual: [(x: Double, y: Double)],
        predictions: [(x: Double, y: Double)], interval: [(x: Double, lower: Double, upper: Double)]? = nil,
        intervalName: String = "interval", splitAt split: Double? = nil, along time: Axis = Axis("step")
    ) -> Chart {
        var chart = Chart(
            title, x: time, y: .init("value", unit: unit),
            lines: [.init("actual", actual, colour: 0), .init("predicted", predictions, colour: 1)])
        if let interval { chart.bands = [.init(intervalName, interval, colour: 1)] }
        if let split { chart.rules = [.init("test", .vertical(split))] }
        return chart
    }

    /// How often models chose the verb that agrees with its subject, by how many nouns of the other number stand
    /// between (Linzen et al. 2016), with intervals that hold the true share in 95 of 100 cases (Wilson 1927).
    /// - Parameter accuracies: of each model, the share that was right, of how many sentences, by attractors.
    public static func agreement(
        _ title: String,
        accuracies: [(name: String, accuracies: [(attractors: Int, accuracy: Double, count: Int)])]
    ) -> Chart {
        let all = accuracies.flatMap(\.accuracies)
        let attractors = all.map(\.attractors).sorted().reduce(into: [Int]()) { if $0.last != $1 { $0.append($1) } }
        let names = attractors.map { number in
            let counts = all.filter { $0.attractors == number }.map(\.count)
            return counts.allSatisfy { $0 == counts[0] } ? "\(number) (n = \(counts[0].grouped))" : "\(number)"
        }
        let least = all.lazy.map(\.accuracy).filter(\.isFinite).min() ?? 1
        var chart = Chart(
            title, subtitle: "bands: 95 % intervals", x: .init("attractors", categories: names),
            y: .init("accuracy", range: (least < 0.5 ? 0 : 0.5)...1))
        for (index, model) in accuracies.enumerated() {
            let places = model.accuracies.sorted { $0.attractors < $1.attractors }.map { entry in
                (Double(attractors.firstIndex(of: entry.attractors) ?? 0), entry.accuracy, Double(entry.count))
            }
            chart.lines.append(Line(model.name, places.map { ($0.0, $0.1) }, colour: index, isDotted: true))
            let bounds = places.map { place -> (x: Double, lower: Double, upper: Double) in
                let (lower, upper) = wilson(place.1, of: place.2)
                return (place.0, lower, upper)
            }
            chart.bands.append(Band("", bounds, colour: index))
        }
        chart.rules = [Rule("chance", .horizontal(0.5))]
        return chart
    }

    /// Between which shares the true one lies, where `share` of `count` was found.
    private static func wilson(_ share: Double, of count: Double) -> (Double, Double) {
        let z = 1.959_964
        let middle = share + z * z / (2 * count)
        let reach = z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
        let whole = 1 + z * z / count
        // All of them and none round to a little outside, where an axis would have to reach.
        return (max((middle - reach) / whole, 0), min((middle + reach) / whole, 1))
    }
}

extension Chart {
    /// Words whose vectors are alike lie near one another: their two principal components.
    /// - Parameters:
    ///   - words: what is written beside the points.
    ///   - vectors: `[words, dimensions]`; words whose vectors are not finite are left out.
    ///   - groups: which words have a colour in common: a name for each word.
    public static func neighbours(
        _ title: String, words: [String], vectors: [[Float]], groups: [String]? = nil
    ) -> Chart {
        precondition(
            words.count == vectors.count && groups.map { $0.count == words.count } ?? true,
            "neighbours: \(vectors.count) vectors and \(groups?.count ?? words.count) groups of \(words.count) words")
        let shown = vectors.indices.filter { vectors[$0].allSatisfy(\.isFinite) }
        let components = PrincipalComponents(of: shown.map { vectors[$0] })
        let name = { (index: Int) in
            let share = components.variances[index] / components.totalVariance
            return "component \(index + 1)" + (share.isFinite ? ", \((share * 100).fixed(0)) % of the variance" : "")
        }
        var chart = Chart(title, x: .init(name(0)), y: .init(name(1)))
        chart.isEquallyScaled = true
        var names: [String] = []
        for (index, place) in zip(shown, components.coordinates) {
            let group = groups?[index] ?? ""
            if !names.contains(group) {
                names.append(group)
                chart.points.append(Points(group, []))
            }
            let series = names.firstIndex(of: group) ?? 0
            chart.points[series].points.append(Line.Point(x: place[0], y: place[1]))
            chart.points[series].labels.append(words[index])
        }
        return chart
    }
}
