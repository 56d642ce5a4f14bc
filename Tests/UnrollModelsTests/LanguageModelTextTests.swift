import Testing
import Unroll
import UnrollTestSupport

/// Words and byte pairs, scores, suggestions, agreement and fine-tuning.
@Suite struct LanguageModelTextTests {
    private let temporary = TemporaryFolder()

    private static let device = TestedBackend.cpu[0].device

    private static func settings(_ unit: TextUnit) -> LanguageModelSettings {
        var settings = LanguageModelSettings()
        (settings.hidden, settings.layers, settings.embedding, settings.batch) = (21, 1, 9, 5)
        (settings.steps, settings.epochs, settings.learningRate, settings.unit) = (13, 2, 0.01, unit)
        return settings
    }

    private func text(_ characters: Int = 6000, seed: UInt64 = 3) throws -> TrainingText {
        let path = temporary("text-\(characters)-\(seed).txt")
        try Files.write(Array(SentenceGrammar.english.corpus(characters: characters, seed: seed).text.utf8), to: path)
        return .file(path)
    }

    // MARK: Units

    /// A model of either unit is saved and loaded with what it knows, writes text and goes on to the same bits.
    @Test(arguments: TextUnit.allCases) func trainsInAnyUnit(_ unit: TextUnit) throws {
        var settings = Self.settings(unit)
        if unit == .words { (settings.minimum, settings.lowercase) = (2, true) }
        if unit == .bytePairs { settings.vocabulary = 300 }
        let (folder, other) = (ModelFolder(temporary("run-\(unit)")), ModelFolder(temporary("other-\(unit)")))
        let run = try LanguageModelTraining(settings, text: text(), folder: folder, on: Self.device)
        var losses: [Double] = []
        _ = try run.run(report: { if case .epoch(let epoch) = $0 { losses.append(epoch.validation!) } })
        #expect(losses.count == 2 && losses[1] < losses[0])
        // Stopped in the middle and continued.
        var updates = 0
        _ = try LanguageModelTraining(settings, text: text(), folder: other, on: Self.device).run(shouldStop: {
            updates += 1
            return updates > 7
        })
        #expect(try LanguageModelTraining(resuming: other).run() == .finished)
        #expect(try Files.read(other.weights) == Files.read(folder.weights))

        let model = try LanguageModel(folder, on: Self.device)
        #expect(model.configuration == run.model.configuration && model.configuration.encoding.unit == unit)
        #expect(model.configuration.parameterCount == model.parameterCount)
        var streamed = ""
        let written = try model.generate(prompt: "The ", length: 40, sampling: Sampling(seed: 3)) { streamed += $0 }
        #expect(written == streamed && written.count >= 40)
        if unit == .words { #expect(written == written.lowercased()) }
        // A word that is not known is no error to a model of words, and has a probability.
        if unit != .characters { #expect(try model.scores(of: ["Zyxgh."])[0].logProbability < 0) }
    }

    @Test func settingsThatMakeNoSenseAreNamed() throws {
        func message(_ change: (inout LanguageModelSettings) -> Void) -> String {
            var settings = Self.settings(.characters)
            change(&settings)
            do { try settings.check() } catch { return "\(error)" }
            return ""
        }
        #expect(message { $0.vocabulary = 50 }.contains("--vocabulary"))
        #expect(message { $0.minimum = 2 }.contains("--minimum"))
        #expect(message { $0.lowercase = true }.contains("--lowercase"))
        #expect(message { ($0.unit, $0.vocabulary) = (.bytePairs, 256) }.contains("257"))
        // One word, beside all that are unknown, is nothing to learn.
        #expect(message { ($0.unit, $0.vocabulary) = (.words, 2) }.contains("--vocabulary 2"))
        #expect(message { ($0.unit, $0.vocabulary) = (.words, 3) }.isEmpty)
        #expect(message { ($0.unit, $0.minimum) = (.words, 0) }.contains("--minimum"))
        #expect(message { $0.unit = .words }.isEmpty)
        let short = temporary("short.txt")
        try Files.write(Array("one two three".utf8), to: short)
        let error = #expect(throws: ModelError.self) {
            try LanguageModelTraining(Self.settings(.words), text: .file(short), folder: nil, on: Self.device)
        }
        #expect("\(error!)".contains("3 words are too few"))
    }

    @Test func aTextOfOneWordIsRefused() throws {
        let path = temporary("one.txt")
        try Files.write(Array(String(repeating: "one ", count: 200).utf8), to: path)
        func message(minimum: Int) -> String {
            var settings = Self.settings(.words)
            settings.minimum = minimum
            do {
                _ = try LanguageModelTraining(settings, text: .file(path), folder: nil, on: Self.device)
            } catch { return "\(error)" }
            return ""
        }
        #expect(message(minimum: 1) == "\(path): only one word is known; two are needed")
        #expect(message(minimum: 900) == "\(path): no word is known with --minimum 900; lower it")
    }

    /// A model of these words and no others, that has learnt nothing.
    private func model(_ words: [String], specials: [String] = []) -> LanguageModel {
        let encoding = TextEncoding.words(WordSplitter(), Vocabulary(tokens: words, specials: specials))
        let architecture = Architecture(cell: .gru, hidden: 9, layers: 1, embedding: 5, dropout: 0)
        return LanguageModel(
            LanguageModelConfiguration(architecture, encoding: encoding), seed: 4, on: Self.device)
    }

    /// What is written begins with the space that the prompt has not, however it is searched for.
    @Test func wordsGoOnBehindASpace() throws {
        let words = ["our", "cat", "likes", "nine", "old"]
        let model = model(words)
        func written(_ prompt: String) throws -> String {
            var streamed = ""
            let text = try model.generate(prompt: prompt, length: 6, sampling: Sampling(seed: 2)) { streamed += $0 }
            #expect(text == streamed)
            let found = text.split(separator: " ").map(String.init)
            #expect(found.count == 6 && found.allSatisfy(words.contains))
            return text
        }
        let text = try written("our cat")
        #expect(text.first == " ")
        #expect(try " " + written("our cat ") == text)
        #expect(try written("").first != " ")
        let likeliest = try model.generate(prompt: "our cat", length: 6, sampling: Sampling(temperature: 0))
        #expect(try model.generate(prompt: "our cat", length: 6, beam: 1) == likeliest && likeliest.first == " ")
    }

    // MARK: Unknown words

    @Test func unknownWordsAreCounted() throws {
        let model = model(["the", "cat", "is", "are"], specials: [Vocabulary.Special.unknown])
        #expect(try model.scores(of: ["the cat", "zebra quux", "the quux"]).map(\.unknown) == [0, 2, 1])
        func report(_ text: String) throws -> Report {
            try Files.write(Array(text.utf8), to: temporary("judged.txt"))
            return try model.evaluate([ReadFile(DataFile("text", temporary("judged.txt")))])
        }
        let half = try report("the cat zebra quux")
        #expect(half.figures.last?.name == "unknown" && half.figures.last?.value == 0.5)
        #expect(half.lines.count == 2 && half.lines.last == "2 of 4 words are unknown to the model")
        let known = try report("the cat is")
        #expect(known.figures.last?.name == "unknown" && known.figures.last?.value == 0 && known.lines.count == 1)
    }

    @Test func unknownWordsThatValidateAreCounted() throws {
        let path = temporary("ends.txt")
        let text = String(repeating: "the cat sleeps . ", count: 100) + String(repeating: "zebra ", count: 40)
        try Files.write(Array(text.utf8), to: path)
        var settings = Self.settings(.words)
        settings.minimum = 50
        let run = try LanguageModelTraining(settings, text: .file(path), folder: nil, on: Self.device)
        let lines = try run.model.report(on: run.data, run.settings).lines
        #expect(lines.first == "40 of 44 words that validate are unknown to the model")
    }

    /// Both numbers of a verb that is not known are the same token.
    @Test func agreementOfUnknownVerbsIsRefused() throws {
        let model = model(["the", "cat", "is", "are"], specials: [Vocabulary.Special.unknown])
        let known = "0\tthe zebra\tis\tare\there\n"
        let judged = try AgreementSentences.Sentence.parse(known, name: "")
        #expect(try model.agreement(over: judged, name: "").map(\.count) == [1])
        let both = try AgreementSentences.Sentence.parse(known + "0\tthe cat\tis\tpurr\there\n", name: "")
        let error = #expect(throws: ModelError.self) { try model.agreement(over: both, name: "verbs.tsv") }
        #expect("\(error!)".hasPrefix("verbs.tsv: the model does not know the verb 'purr'"))
    }

    // MARK: Scores

    /// Against a sum of ln p by the softmax of the whole logits, one sentence at a time.
    @Test(arguments: TestedBackend.all) func scoresAreSumsOfLogarithms(_ tested: TestedBackend) throws {
        let configuration = LanguageModelConfiguration(
            cell: .gru, hidden: 17, layers: 2, embedding: 5, dropout: 0.5,
            vocabulary: Vocabulary(of: "\nabcdef".unicodeScalars))
        let model = LanguageModel(configuration, seed: 3, on: tested.device)
        let sentences = ["abc", "fade", "f", "", "deaf", "abcabcabc"]
        let scores = try model.scores(of: sentences)
        for (sentence, score) in zip(sentences, scores) {
            let indices = try configuration.encoding.encode("\n" + sentence, name: "")
            var expected = 0.0
            for end in 1..<max(1, indices.count) {
                let x = Tensor(Array(indices[..<end]), shape: [1, end], on: tested.device)
                let logits = try evaluating { model(x).0 }.floats().suffix(7).map { Double($0) }
                let total = logits.reduce(0) { $0 + $1.exponential }
                expected += logits[Int(indices[end])] - total.logarithm
            }
            #expect(abs(score.logProbability - expected) < 1e-4, "\(sentence)")
            #expect(score.sentence == sentence && score.tokens == sentence.count)
            #expect(abs(score.perplexity - (-expected / Double(max(1, sentence.count))).exponential) < 1e-3)
        }
        #expect(throws: DataError.self) { try model.scores(of: ["abz"]) }
    }

    // MARK: Suggestions

    /// Against every word of up to four letters, by force: letters one after the other and then anything that ends it.
    @Test func suggestionsAreTheLikeliestWords() throws {
        let letters = "\n abc."
        let configuration = LanguageModelConfiguration(
            cell: .lstm, hidden: 12, layers: 1, embedding: 4, dropout: 0,
            vocabulary: Vocabulary(of: letters.unicodeScalars))
        let model = LanguageModel(configuration, seed: 5, on: Self.device)
        // Sharper than a new model is, so that words end.
        for (name, parameter) in model.parameters where name.hasPrefix("linear") {
            let values = try parameter.value.floats().map { $0 * 4 }
            parameter.value = Tensor(values, shape: parameter.shape, on: Self.device)
        }
        let found = try model.suggestions(after: "ab", count: 5)
        #expect(found.count == 5 && zip(found, found.dropFirst()).allSatisfy { $0.probability >= $1.probability })
        var all: [(String, Double)] = []
        func grow(_ word: String, _ probability: Double) throws {
            let indices = try configuration.encoding.encode("ab " + word, name: "")
            let x = Tensor(indices, shape: [1, indices.count], on: Self.device)
            let logits = try evaluating { model(x).0 }.floats().suffix(6).map { Double($0).exponential }
            let p = logits.map { $0 / logits.reduce(0, +) }
            let tokens = configuration.encoding
            var end = 0.0
            for index in 0..<6 {
                let text = tokens.tokenText(Int32(index))
                if "abc".contains(text) {
                    if word.count < 4 { try grow(word + text, probability * p[index]) }
                } else {
                    end += p[index]
                }
            }
            if !word.isEmpty { all.append((word, probability * end)) }
        }
        try grow("", 1)
        let best = all.sorted { $0.1 > $1.1 }.prefix(5)
        for (suggestion, (word, probability)) in zip(found, best) {
            #expect(suggestion.word == word && abs(suggestion.probability - probability) < 1e-5 * probability + 1e-7)
        }
    }

    @Test(arguments: TextUnit.allCases) func suggestsInAnyUnit(_ unit: TextUnit) throws {
        var settings = Self.settings(unit)
        settings.vocabulary = unit == .bytePairs ? 400 : nil
        settings.epochs = 6
        let run = try LanguageModelTraining(settings, text: text(20_000), folder: nil, on: Self.device)
        _ = try run.run()
        let words = try run.bestModel().suggestions(after: "The little", count: 4)
        #expect(words.count == 4 && words.allSatisfy { $0.probability > 0 && $0.word.allSatisfy(\.isLetter) })
        #expect(try run.model.suggestions(after: "The little", count: 4) == words)
    }

    // MARK: Agreement

    @Test func agreementIsLearnt() throws {
        let path = temporary("agreement.txt")
        try Files.write(Array(AgreementSentences.text(sentences: 3000, seed: 1).utf8), to: path)
        var settings = Self.settings(.words)
        (settings.hidden, settings.embedding, settings.batch, settings.steps) = (48, 24, 16, 24)
        settings.epochs = 5
        let run = try LanguageModelTraining(settings, text: .file(path), folder: nil, on: Self.device)
        let sentences = AgreementSentences.judged(count: 60, seed: 9)
        let before = try run.model.agreement(over: sentences, name: "")
        _ = try run.run()
        let after = try run.bestModel().agreement(over: sentences, name: "")
        #expect(after.map(\.attractors) == [0, 1, 2, 3] && after.allSatisfy { $0.count == 60 })
        #expect(before[0].accuracy < 0.8 && after[0].accuracy > 0.97, "\(before) \(after)")
    }

    @Test func agreementIsTheComparisonOfTwoScores() throws {
        let configuration = LanguageModelConfiguration(
            cell: .lstm, hidden: 15, layers: 1, embedding: 6, dropout: 0,
            vocabulary: Vocabulary(of: "\n abcdefghijklmnopqrstuvwxyz".unicodeScalars))
        let model = LanguageModel(configuration, seed: 2, on: Self.device)
        let sentences = AgreementSentences.judged(count: 7, seed: 4)
        let found = try model.agreement(over: sentences, name: "")
        for row in found {
            let own = sentences.indices.filter { sentences[$0].attractors == row.attractors }
            let right = try own.filter { index in
                // What follows it, around the end.
                let lines = (sentences + sentences)[index + 1...index + 3].map { $0.text + "\n" }.joined()
                let sentence = sentences[index]
                let scores = try model.scores(
                    of: [sentence.verb, sentence.wrongVerb].map { "\(lines)\(sentence.beginning) \($0) " })
                return scores[0].logProbability > scores[1].logProbability
            }
            #expect(row.accuracy == Double(right.count) / 7)
        }
    }

    // MARK: Fine-tuning

    /// A model moved to another text is better after one epoch than one that begins anew, and what is frozen stays.
    @Test func fineTuningIsFasterThanBeginning() throws {
        var settings = Self.settings(.characters)
        settings.epochs = 6
        let first = ModelFolder(temporary("first"))
        _ = try LanguageModelTraining(settings, text: text(20_000), folder: first, on: Self.device).run()
        settings.epochs = 1
        settings.frozen = ["embedding.*"]
        func loss(_ start: ModelFolder?, _ folder: ModelFolder) throws -> Double {
            let files = [DataFile("text", temporary("text-6000-8.txt"))]
            let run = try LanguageModelTraining(
                settings, from: files, startingWith: start, folder: folder, on: Self.device)
            _ = try run.run()
            return try #require(run.best)
        }
        _ = try text(6000, seed: 8)
        let (tuned, scratch) = (ModelFolder(temporary("tuned")), ModelFolder(temporary("scratch")))
        let losses = (try loss(first, tuned), try loss(nil, scratch))
        #expect(losses.0 < losses.1 - 0.3, "\(losses)")
        let embedding = { (folder: ModelFolder) in try Safetensors(path: folder.weights).arrays["embedding.weight"] }
        #expect(try embedding(tuned) == embedding(first))
        // Frozen from the start as well, and after going on.
        #expect(try LanguageModelTraining(resuming: tuned, epochs: 2).run() == .finished)
        #expect(try embedding(tuned) == embedding(first))

        settings.frozen = ["embeding.*"]
        let error = #expect(throws: ModelError.self) { try loss(nil, ModelFolder(temporary("none"))) }
        #expect("\(error!)".contains("--freeze embeding.*") && "\(error!)".contains("linear.bias"))
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Double {
    fileprivate var exponential: Double { exp(self) }
    fileprivate var logarithm: Double { log(self) }
}
