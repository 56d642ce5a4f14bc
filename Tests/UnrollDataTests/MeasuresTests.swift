import Testing
import UnrollData
import UnrollTestSupport

@Suite struct MeasuresTests {
    private func cases(_ name: String, count: Int) throws -> [JSON] {
        let cases = try Judged.cases(name, of: "measures.json")
        try #require(cases.count == count)
        return cases
    }

    // MARK: Classes

    @Test func confusionIsScikitLearns() throws {
        let path = fixture("measures.json")
        let expected = try #require(try JSON(parsing: Files.read(path), name: path)["confusion"])
        let names = ["yes", "no", "perhaps", "never", "unseen"]
        let (truth, predictions) = (expected.wholeNumbers("truth"), expected.wholeNumbers("predictions"))
        let matrix = ConfusionMatrix(truth: truth, predictions: predictions, classes: names)
        #expect(matrix.counts.map { $0.map(Double.init) } == expected.rows("counts") && matrix.total == 53)
        #expect(
            Judged.close(
                [matrix.accuracy, matrix.macroF1], [expected.double("accuracy"), expected.double("macro_f1")]))
        #expect(Judged.close(matrix.scores.map(\.precision), expected.doubles("precision")))
        #expect(Judged.close(matrix.scores.map(\.recall), expected.doubles("recall")))
        #expect(Judged.close(matrix.scores.map(\.f1), expected.doubles("f1")))
        #expect(matrix.scores.map(\.support) == expected.wholeNumbers("support"))
        #expect(matrix.json["macro_f1"]?.number == matrix.macroF1)
        #expect(matrix.json["classes"]?.array?[2]["recall"]?.number == matrix.scores[2].recall)
        #expect(matrix.json["counts"]?.array?[0].array?[1].integer == matrix.counts[0][1])
    }

    @Test func confusionReadsAsATable() {
        let matrix = ConfusionMatrix(truth: [0, 0, 0, 1], predictions: [0, 0, 1, 1], classes: ["é", "long"])
        #expect(
            matrix.table == """
                      é  long  precision  recall     F1
                é     2     1      1.000   0.667  0.800
                long  .     1      0.500   1.000  0.667
                accuracy 0.7500, macro F1 0.7333, 4 examples
                """)
        let empty = ConfusionMatrix(classes: ["a"])
        #expect(empty.accuracy == 0 && empty.macroF1 == 0 && empty.scores[0].f1 == 0)
    }

    // MARK: Sequences

    @Test func editDistanceIsLevenshteins() {
        #expect(EditDistance.distance("kitten", "sitting") == 3 && EditDistance.distance("sitting", "kitten") == 3)
        #expect(EditDistance.distance("", "abc") == 3 && EditDistance.distance("abc", "") == 3)
        #expect(EditDistance.distance([1, 2, 3, 4], [2, 3, 4, 1]) == 2 && EditDistance.distance("", "") == 0)
        #expect(EditDistance.distance(["AH", "B"], ["B", "AH"]) == 2)
    }

    @Test func errorRateIsJiwers() throws {
        for (index, one) in try cases("errors", count: 5).enumerated() {
            let (references, hypotheses) = (one.sentences("references"), one.sentences("hypotheses"))
            let rate = ErrorRate(references: references, hypotheses: hypotheses)
            #expect(Judged.close([rate.rate], [one.double("rate")]), "case \(index)")
            let same = zip(references, hypotheses).count { $0 == $1 }
            #expect(rate.exactPairs == same && rate.pairs == references.count)
            #expect(rate.exact == Double(same) / Double(references.count))
        }
        var several = ErrorRate()
        several.add(references: [["a", "b", "c", "d"], ["a", "x"]], hypothesis: ["a", "b"])
        #expect(several.edits == 1 && several.tokens == 2 && several.exact == 0 && ErrorRate().exact == 0)
    }

    @Test func bleuIsSacrebleus() throws {
        for (index, one) in try cases("bleu", count: 8).enumerated() {
            let references = one.list("references").map { $0.array?.map(\.strings) ?? [] }
            let translations = one.sentences("translations")
            var (bleu, sum) = (BLEU(), BLEU())
            var sentences: [Double] = []
            for (references, translation) in zip(references, translations) {
                var single = BLEU()
                single.add(references: references, translation: translation)
                sentences.append(single.score(existingOrders: true))
                sum.add(single)
                bleu.add(references: references, translation: translation)
            }
            #expect(bleu == sum && bleu.sentences == translations.count)
            #expect(
                bleu.matches == one.wholeNumbers("matches") && bleu.totals == one.wholeNumbers("totals"),
                "case \(index)")
            #expect([bleu.length, bleu.referenceLength] == one.wholeNumbers("lengths"), "case \(index)")
            #expect(Judged.close([bleu.score], [one.double("score")]), "case \(index)")
            #expect(Judged.close(bleu.precisions(), one.doubles("precisions")), "case \(index)")
            #expect(Judged.close([bleu.brevityPenalty], [one.double("brevity")]), "case \(index)")
            #expect(Judged.close([bleu.score(.none)], [one.double("unsmoothed")]), "case \(index)")
            #expect(Judged.close(sentences, one.doubles("sentences")), "case \(index)")
        }
        let empty = BLEU(references: [["a"]], translations: [[]])
        #expect(empty.score == 0 && empty.brevityPenalty == 0 && BLEU().score == 0)
        #expect(abs(BLEU(references: [[1, 2, 3, 4, 5]], translations: [[1, 2, 3, 4, 5]]).score - 100) < 1e-9)
    }

    @Test func spansAreSeqevals() throws {
        func figures(_ score: ConfusionMatrix.Score) -> [Double] {
            [score.precision, score.recall, score.f1, Double(score.support)]
        }
        for (index, one) in try cases("spans", count: 4).enumerated() {
            let (truth, predictions) = (one.sentences("truth"), one.sentences("predictions"))
            for (tags, expected) in zip(truth, one.list("entities")) {
                let found = SpanScore.spans(in: tags).map {
                    JSON.array([.string($0.type), .integer($0.tokens.lowerBound), .integer($0.tokens.upperBound)])
                }
                #expect(JSON.array(found) == expected, "case \(index): \(tags)")
            }
            let score = SpanScore(truth: truth, predictions: predictions)
            #expect(Judged.close(figures(score.micro), one.doubles("micro")), "case \(index)")
            #expect(Judged.close([score.macroF1], [one.double("macro_f1")]), "case \(index)")
            let types = one["types"]?.members ?? []
            #expect(score.types == types.map(\.name) && !types.isEmpty)
            for type in types {
                let expected = type.value.array?.compactMap(\.number) ?? []
                #expect(Judged.close(figures(score.score(of: type.name)), expected), "case \(index): \(type.name)")
            }
            #expect(score.json["types"]?.array?.count == types.count && score.json["f1"]?.number == score.micro.f1)
        }
        #expect(SpanScore().micro.f1 == 0 && SpanScore().macroF1 == 0 && SpanScore.spans(in: ["", "O", "."]).isEmpty)
    }

    // MARK: Numbers

    @Test func regressionIsScikitLearns() throws {
        for (index, one) in try cases("regression", count: 5).enumerated() {
            let (y, p) = (one.doubles("targets"), one.doubles("predictions"))
            let found = [
                Regression.rSquared(y, p), Regression.mse(y, p), Regression.rmse(y, p), Regression.mae(y, p),
                Regression.mape(y, p),
            ]
            let expected = ["r2", "mse", "rmse", "mae", "mape"].map(one.double)
            #expect(Judged.close(found, expected), "case \(index): \(found), scikit-learn \(expected)")
            let pinball = [0, 0.1, 0.5, 0.9].map { Regression.quantileLoss(y, p, quantile: $0) }
            #expect(Judged.close(pinball, one.doubles("pinball")), "case \(index)")
        }
        #expect(Regression.coverage([1, 2, 3, 4], lower: [1, 2.5, 2, 5], upper: [1, 3, 3, 6]) == 0.5)
        #expect(Regression.rSquared([1], [1]).isNaN && Regression.mse([], []).isNaN)
        #expect(Regression.coverage([], lower: [], upper: []).isNaN)
    }

    @Test func correlationsAreSciPys() throws {
        for (index, one) in try cases("ranking", count: 5).enumerated() {
            let (a, b) = (one.doubles("a"), one.doubles("b"))
            let found = [Ranking.pearson(a, b), Ranking.spearman(a, b)]
            #expect(Judged.close(found, [one.double("pearson"), one.double("spearman")]), "case \(index): \(found)")
        }
        #expect(Ranking.ranks(of: [3, -1, 3, 7, 3]) == [3, 1, 3, 5, 3])
        #expect(Ranking.pearson([0.1, 0.1, 0.1], [1, 2, 3]).isNaN && Ranking.spearman([1], [1]).isNaN)
        #expect(Ranking.spearman([1, .nan], [1, 2]).isNaN)
    }
}
