import ArgumentParser
import Unroll

/// `unroll train captioner`
struct CaptionerFlags: TaskFlags {
    typealias Model = Captioner
    static let abstract = "Trains a model that says in words what numbers show: captions of images, or of features."
    static let discussion = """
        A row may have several captions; it counts once, against the nearest of them. 
        """
    private static let defaults = CaptionerSettings()

    @Option(
        help: ArgumentHelp("An .npy array, [rows, numbers] or [rows, height, width].", valueName: "file"))
    var features: String?
    @Option(help: ArgumentHelp("Lines of row, tab, caption; rows count from 0.", valueName: "file"))
    var captions: String?
    @Option(
        help: ArgumentHelp(
            "Which part of the rows trains, validates and tests, in percent or by number (default: "
                + "\(defaults.split)).", valueName: "a/b/c"))
    var split: String?
    @Flag(help: "The parts follow one another in the file, instead of being drawn.")
    var inOrder = false
    @OptionGroup var words: WordFlags
    @OptionGroup var beam: BeamFlags
    @OptionGroup var run: RunFlags<Captioner>

    func files() throws -> [DataFile] {
        dataFiles([("features", features), ("captions", captions)])
    }

    func settings(epochs: Int?) throws -> CaptionerSettings {
        var settings = Self.defaults
        settings.run = run.settings(epochs: epochs)
        (settings.split, settings.inOrder) = (split ?? settings.split, inOrder)
        (settings.minimum, settings.lowercase) = (words.minimum ?? settings.minimum, words.lowercase)
        settings.beam = beam.settings(settings.beam)
        return settings
    }

    var given: [String] {
        givenFlags([
            ("--features", features), ("--captions", captions), ("--split", split),
            ("--in-order", inOrder ? true : nil),
        ]) + words.given + beam.given + run.given
    }
}
