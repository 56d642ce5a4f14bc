import ArgumentParser
import Unroll

/// `unroll train language-model`
struct LanguageModelFlags: TaskFlags {
    typealias Model = LanguageModel
    static let abstract = "Trains a model that writes text, by characters, words or byte pairs."
    static let discussion = "Without --text it learns sentences of a small grammar, whose entropy is known. "
    private static let defaults = LanguageModelSettings()

    @Option(help: ArgumentHelp("A UTF-8 file to learn from.", valueName: "file"))
    var text: String?
    @Option(
        help: .oneOf("What the text is cut into", defaults.unit), transform: TextUnit.named)
    var unit: TextUnit?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many words (default: all) or byte pairs (default: 2000) to know.", valueName: "n"))
    var vocabulary: Int?
    @OptionGroup var words: WordFlags
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many tokens of a row a training step reads (default: \(defaults.steps)).", valueName: "n"))
    var steps: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many tokens a gradient goes back, from --steps on (default: --steps).", valueName: "n"))
    var span: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The part of the text, at its end, to validate (default: \(defaults.validation)).", valueName: "x"))
    var validation: Float?
    @Flag(help: "The output layer reads the embedding's table; --embedding is --hidden then.")
    var tied = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "So many times the mean square of the layers' output is added to the loss (default: 0).", valueName: "x"))
    var activationPenalty: Float?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "So many times the mean square of its changes is added to the loss (default: 0).", valueName: "x"))
    var temporalPenalty: Float?
    @Option(
        help: ArgumentHelp(
            "A model to begin with: its sizes, tokens and weights (default: a new one).", valueName: "folder"))
    var from: String?
    @OptionGroup var run: RunFlags<LanguageModel>

    func files() throws -> [DataFile] { text.map { [DataFile("text", $0)] } ?? [] }

    func settings(epochs: Int?) throws -> LanguageModelSettings {
        var settings = Self.defaults
        settings.run = run.settings(epochs: epochs)
        settings.isTied = tied
        (settings.unit, settings.vocabulary) = (unit ?? settings.unit, vocabulary)
        (settings.minimum, settings.lowercase) = (words.minimum ?? settings.minimum, words.lowercase)
        settings.steps = steps ?? settings.steps
        settings.span = span ?? settings.span
        settings.validation = validation ?? settings.validation
        settings.penalties = ActivationPenalties(activation: activationPenalty ?? 0, temporal: temporalPenalty ?? 0)
        return settings
    }

    func start() throws -> ModelFolder? {
        guard let from else { return nil }
        let learning = [
            "--text", "--from", "--steps", "--span", "--validation", "--activation-penalty", "--temporal-penalty",
            "--batch", "--learning-rate", "--clip", "--freeze", "--seed",
        ]
        let allowed = Set(learning + run.optimization.given)
        if let flag = given.first(where: { !allowed.contains($0) }) {
            throw ValidationError("\(flag) cannot be given with --from: the model has its own")
        }
        return ModelFolder(from)
    }

    var given: [String] {
        givenFlags([
            ("--text", text), ("--unit", unit), ("--vocabulary", vocabulary), ("--steps", steps), ("--span", span),
            ("--validation", validation),
            ("--tied", tied ? true : nil), ("--activation-penalty", activationPenalty),
            ("--temporal-penalty", temporalPenalty), ("--from", from),
        ]) + words.given + run.given
    }
}

extension TextUnit: NamedChoice {}
