// Times the Markov model of ready paths: `PathMarkov FILE.csv ORDER REPETITIONS`. The file has the columns path (channels,
// without spaces, joined by " > "), conversions, value and nulls, without quotes. Reading it is not timed; splitting the
// paths into channels is, as it is for others that are given the same texts. Prints one JSON object.
import Foundation
import Rihla

/// The paths as texts, with how they ended.
struct ReadyPaths {
    var rows: [(path: String, conversions: Int, nulls: Int)] = []

    init?(csv: String) {
        for line in csv.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 4, let conversions = Int(fields[1]), let nulls = Int(fields[3]) else { return nil }
            rows.append((String(fields[0]), conversions, nulls))
        }
    }

    /// The paths as numbers of channels, and the names of those.
    func counts() -> (paths: [PathCount], channels: [String]) {
        var numbers: [Substring: Int] = [:]
        let paths = rows.map { row in
            let channels = row.path.utf8.split(separator: UInt8(ascii: ">")).map { part in
                let name = Substring(part.drop { $0 == 32 }.prefix { $0 != 32 })
                if let number = numbers[name] { return number }
                numbers[name] = numbers.count
                return numbers.count - 1
            }
            return PathCount(channels: channels, conversions: row.conversions, nulls: row.nulls)
        }
        return (paths, numbers.sorted { $0.value < $1.value }.map { String($0.key) })
    }
}

struct Report: Encodable {
    /// From texts to figures, and of that the model alone.
    var seconds: [Double] = []
    var modelSeconds: [Double] = []
    var conversions: [String: Double] = [:]
    var conversionProbability = 0.0
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let order = Int(arguments[2]), (1...4).contains(order), let turns = Int(arguments[3]),
    let csv = try? String(contentsOfFile: arguments[1], encoding: .utf8), let paths = ReadyPaths(csv: csv)
else {
    FileHandle.standardError.write(Data("usage: PathMarkov FILE.csv ORDER REPETITIONS\n".utf8))
    exit(64)
}
var report = Report()
for _ in 0..<max(turns, 1) {
    let clock = ContinuousClock()
    let start = clock.now
    let (counts, channels) = paths.counts()
    let split = clock.now
    let model = MarkovModel(paths: counts, channels: channels.count, order: order)
    let credits = model.conversionCredits
    let end = clock.now
    report.seconds.append((end - start) / .seconds(1))
    report.modelSeconds.append((end - split) / .seconds(1))
    report.conversions = Dictionary(uniqueKeysWithValues: zip(channels, credits))
    report.conversionProbability = model.conversionProbability
}
print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
