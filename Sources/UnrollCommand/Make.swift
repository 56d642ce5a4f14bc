import ArgumentParser
import Unroll

/// `unroll make`
struct Make: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes data to learn from and to judge by.", subcommands: [MakeAgreement.self, MakeCaptions.self])
}

/// `unroll make agreement`
struct MakeAgreement: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agreement",
        abstract: "Writes sentences whose verbs must agree with nouns further back.",
        discussion: """
            text.txt is to learn from ('unroll train language-model --text', by words or characters), sentences.tsv to \
            judge by ('unroll inspect agreement'): none of its nouns between subject and verb has the subject's number.
            """)

    @Option(help: ArgumentHelp("The folder for the two files, made if it is missing.", valueName: "folder"))
    var output: String
    @Option(parsing: .unconditional, help: ArgumentHelp("Sentences to learn from.", valueName: "n"))
    var sentences = 30_000
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Sentences to judge by, of each number of attractors from 0 to 3.", valueName: "n"))
    var judged = 500
    @Option(parsing: .unconditional, help: ArgumentHelp("The same seed gives the same sentences.", valueName: "n"))
    var seed = 1

    func run() throws {
        try ModelError.check("--sentences", sentences, in: 1...10_000_000)
        try ModelError.check("--judged", judged, in: 1...10_000_000)
        try ModelError.check("--seed", seed, in: 0...Int.max)
        try checkAbsent("\(output)/text.txt", "\(output)/sentences.tsv")
        try Files.makeFolder(output)
        let text = AgreementSentences.text(sentences: sentences, seed: UInt64(seed))
        let lines = AgreementSentences.judged(count: judged, seed: UInt64(seed)).map { $0.line + "\n" }.joined()
        for (name, content) in [("text.txt", text), ("sentences.tsv", lines)] {
            try Files.write(Array(content.utf8), to: "\(output)/\(name)")
            Terminal.line("\(output)/\(name)")
        }
    }
}

/// `unroll make captions`
struct MakeCaptions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "captions",
        abstract: "Makes images of two digits with captions: 'a seven above a two'.",
        discussion: """
            Writes features.npy and captions.tsv, for unroll train captioner --in-order: the rows are in parts of 80, \
            10 and 10 percent, one behind the other, and no digit of one part is in another.
            """)

    @Option(
        help: ArgumentHelp(
            "Images of digits, IDX or .npy; or CSV, an image's numbers and its label in a line.", valueName: "file"))
    var images: String
    @Option(help: ArgumentHelp("Their labels, IDX or .npy; not for CSV.", valueName: "file"))
    var labels: String?
    @Option(help: ArgumentHelp("The folder for what is made.", valueName: "folder"))
    var output: String
    @Option(parsing: .unconditional, help: ArgumentHelp("How many images to make.", valueName: "n"))
    var count = 10_000
    @Option(parsing: .unconditional, help: ArgumentHelp("The same seed gives the same images.", valueName: "n"))
    var seed = 1

    func run() throws {
        try ModelError.check("--count", count, in: 10...1_000_000)
        try ModelError.check("--seed", seed, in: 0...Int.max)
        try checkAbsent("\(output)/features.npy", "\(output)/captions.tsv")
        let scenes = try DigitScenes(
            of: try ReadFile(DataFile("images", images)),
            labels: try labels.map { try ReadFile(DataFile("labels", $0)) }, count: count, seed: UInt64(seed))
        try scenes.write(to: output)
        Terminal.line("\(count) images of \(scenes.shape[1]) × \(scenes.shape[2]) in \(output)")
    }
}
