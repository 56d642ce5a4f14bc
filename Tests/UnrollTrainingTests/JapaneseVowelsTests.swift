import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Series of different lengths, each of one of nine classes: two vowels as a speaker said them, by twelve coefficients of
/// linear prediction a step.   (Kudo, Toyama & Shimbo 1999)
@Suite struct JapaneseVowelsTests {
    /// A layer that reads a series in both directions, what it said on average, and a class.
    private final class Classifier: Module {
        let recurrent: Recurrent
        let dropout = Dropout(0.4)
        let output: Linear

        init(channels: Int, classes: Int, seed: UInt64, on device: Device) {
            let initializer = Initializer(seed: seed, on: device)
            recurrent = Recurrent(.gru, inputs: channels, hidden: 64, direction: .bidirectional, initializer)
            output = Linear(inputs: recurrent.outputs, outputs: classes, initializer)
        }

        /// `[batch, steps, channels]` to `[batch, classes]`.
        func callAsFunction(_ x: Tensor, _ mask: SequenceMask) -> Tensor {
            output(dropout(recurrent(x, mask: mask).output.pooled(.mean, mask: mask)))
        }
    }

    /// Some series, padded to the longest, on a device.
    private struct Batch {
        let x: Tensor
        let mask: SequenceMask
        let labels: [Int32]

        init(_ series: [SeriesFile.Series], channels: Int, scale: Scale, on device: Device) throws {
            let steps = series.map(\.steps).max() ?? 0
            let values = series.flatMap { one in
                scale.applied(to: one.values) + Array(repeating: 0, count: (steps - one.steps) * channels)
            }
            x = Tensor(values, shape: [series.count, steps, channels], on: device)
            mask = try SequenceMask(lengths: series.map(\.steps), steps: steps)
            labels = series.map { Int32($0.label!) }
        }
    }

    /// Brings every channel to mean 0 and variance 1 over all steps of the series it is made from.
    private struct Scale {
        var (mean, deviation): ([Float], [Float])

        init(_ series: [SeriesFile.Series], channels: Int) {
            let all = series.flatMap(\.values)
            let columns = (0..<channels).map { channel in
                stride(from: channel, to: all.count, by: channels).map { all[$0] }
            }
            let mean = columns.map { $0.reduce(0, +) / Float($0.count) }
            deviation = zip(columns, mean).map { column, mean in
                (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(column.count)).squareRoot()
            }
            self.mean = mean
        }

        func applied(to values: [Float]) -> [Float] {
            values.enumerated().map { ($1 - mean[$0 % mean.count]) / deviation[$0 % mean.count] }
        }
    }

    /// Trains on one file's series: the part of the other's that it then tells right.
    private func accuracy(
        trainedOn train: SeriesFile, testedOn test: SeriesFile, epochs: Int, seed: UInt64
    ) throws -> Double {
        let (device, batch) = (Device.cpu, 30)
        let scale = Scale(train.series, channels: train.channels)
        let model = Classifier(channels: train.channels, classes: train.labels.count, seed: seed, on: device)
        let optimizer = AdamW(learningRate: 0.005, weightDecay: 0.01)
        var numbers = Numbers(RandomSource(seed: seed))
        var step = 0
        for _ in 0..<epochs {
            let order = train.series.map { ($0, numbers.uniform()) }.sorted { $0.1 < $1.1 }.map(\.0)
            for start in stride(from: 0, to: order.count, by: batch) {
                let part = try Batch(
                    Array(order[start..<min(start + batch, order.count)]), channels: train.channels, scale: scale,
                    on: device)
                let targets = Tensor(part.labels, shape: [part.labels.count], on: device)
                let (_, gradients) = model.valueWithGradient(random: RandomSource(seed: seed, step: step)) {
                    model(part.x, part.mask).crossEntropy(targets)
                }
                gradients.clip(norm: 1)
                optimizer.update(model, gradients)
                step += 1
            }
        }
        let unseen = try Batch(test.series, channels: test.channels, scale: scale, on: device)
        let classes = test.labels.count
        let scores = try model(unseen.x, unseen.mask).floats()
        let right = unseen.labels.enumerated().count { row, label in
            let scores = scores[row * classes..<(row + 1) * classes]
            return scores.firstIndex(of: scores.max()!)! - row * classes == Int(label)
        }
        return Double(right) / Double(unseen.labels.count)
    }

    // MARK: Real speakers

    /// The folder that has them, when there is one.
    private static let data = CPUInfo.setting("UNROLL_DATA")

    /// The settings are as good as any by the training series alone: a third of them held out, each third in turn, 0.96 of
    /// it is told apart, and 0.94 to 0.97 with another pooling, cell, dropout or decay.
    @Test(.enabled(if: data != nil, "UNROLL_DATA names no folder: speakers are not told apart on real data"))
    func speakersAreToldApart() throws {
        let folder = try #require(Self.data) + "/timeseries/ucr"
        let train = try SeriesFile(reading: folder + "/JapaneseVowels_TRAIN.ts")
        let test = try SeriesFile(reading: folder + "/JapaneseVowels_TEST.ts")
        #expect(train.series.count == 270 && test.series.count == 370 && train.channels == 12)
        #expect(train.labels == test.labels && train.labels.count == 9)
        let lengths = (train.series + test.series).map(\.steps)
        #expect(lengths.min() == 7 && lengths.max() == 29)
        let start = ContinuousClock.now
        let found = try (1...5).map { try accuracy(trainedOn: train, testedOn: test, epochs: 60, seed: $0) }
        let (mean, seconds) = (found.reduce(0, +) / 5, (ContinuousClock.now - start) / .seconds(1))
        print("JapaneseVowels: \(mean) of the test series, by seed \(found), \(Int(seconds.rounded())) s")
        #expect(mean >= 0.965, "by seed \(found)")
        #expect(Learning.isInTime(seconds), "\(seconds) s")
    }

    // MARK: Made-up ones

    /// Oscillations in noise, 7 to 29 steps of 12 channels: a class is one of three paces, and one of three delays from
    /// each channel to the next. They begin anywhere.
    private func oscillations(count: Int, seed: UInt64) throws -> SeriesFile {
        var numbers = Numbers(RandomSource(seed: seed))
        let rows = (0..<count).map { _ in
            let (label, steps, start) = (numbers.next(9), 7 + numbers.next(23), 6.28 * numbers.uniform())
            let (pace, delay) = (0.4 + 0.4 * Float(label / 3), 0.3 + 0.6 * Float(label % 3))
            let channels = (0..<12).map { channel in
                (0..<steps).map { step in
                    "\(sin(start + pace * Float(step) - delay * Float(channel)) + 2 * numbers.uniform() - 1)"
                }.joined(separator: ",")
            }
            return channels.joined(separator: ":") + ":\(1 + label)"
        }
        let text = (["@dimensions 12", "@classLabel true 1 2 3 4 5 6 7 8 9", "@data"] + rows).joined(separator: "\n")
        return try SeriesFile(parsing: Array(text.utf8), name: "oscillations")
    }

    @Test func oscillationsAreToldApart() throws {
        let (train, test) = (try oscillations(count: 270, seed: 1), try oscillations(count: 370, seed: 2))
        let start = ContinuousClock.now
        let found = try accuracy(trainedOn: train, testedOn: test, epochs: 15, seed: 1)
        #expect(found >= 0.95)  // 1 of 9 for one who guesses
        #expect(Learning.isInTime((ContinuousClock.now - start) / .seconds(1)))
    }
}
