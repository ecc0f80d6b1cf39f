// A model that learns which customers convert: logistic regression with an L2 penalty on standardised features. Newton's method
// over all rows (iteratively reweighted least squares; Hastie, Tibshirani, Friedman: The Elements of Statistical Learning,
// 4.4.1) needs no seed and no step size, so that the same rows always give the same model.
internal import Foundation

/// A fitted model.
struct LogisticModel: Hashable, Sendable {
    /// The weight of each standardised feature; 0 for one that never varies.
    let weights: [Double]
    /// The log-odds of a row whose features are all average.
    let intercept: Double
    private let means: [Double]
    private let deviations: [Double]
    /// How many steps it took.
    let iterations: Int

    /// Fits rows of features, which must be known before what the labels say happens.
    ///
    /// Minimises log-loss summed over the rows plus penalty / 2 × Σ weight²; the intercept is free. Nil for rows of one
    /// class, which teach nothing, and for no rows. O(iterations × rows × features²).
    init?(rows: [[Double]], labels: [Bool], penalty: Double = 1) {
        let count = rows.count
        guard count > 0, labels.count == count, labels.contains(true), labels.contains(false), penalty > 0 else {
            return nil
        }
        let features = rows[0].count
        var means = [Double](repeating: 0, count: features)
        var deviations = means
        for feature in 0..<features {
            let mean = rows.reduce(0) { $0 + $1[feature] } / Double(count)
            let variance = rows.reduce(0) { $0 + ($1[feature] - mean) * ($1[feature] - mean) } / Double(count)
            means[feature] = mean
            deviations[feature] = variance.squareRoot()
            // What differs by rounding alone does not vary.
            if deviations[feature] <= abs(mean) * 1e-12 { deviations[feature] = 0 }
        }
        let design = rows.map { row in
            [1] + (0..<features).map { deviations[$0] > 0 ? (row[$0] - means[$0]) / deviations[$0] : 0 }
        }
        var solution = [Double](repeating: 0, count: features + 1)
        var loss = LogisticModel.loss(solution, design, labels, penalty)
        var iterations = 0
        while iterations < 100 {
            iterations += 1
            let step = LogisticModel.step(solution, design, labels, penalty)
            // Halved until it helps, which far from the solution it need not at once.
            var scale = 1.0
            var next = solution
            var nextLoss = loss
            while scale > 1e-10 {
                next = zip(solution, step).map { $0 + scale * $1 }
                nextLoss = LogisticModel.loss(next, design, labels, penalty)
                if nextLoss <= loss { break }
                scale /= 2
            }
            guard nextLoss <= loss else { break }
            let change = step.reduce(0) { max($0, abs($1 * scale)) }
            solution = next
            loss = nextLoss
            if change < 1e-10 { break }
        }
        intercept = solution[0]
        weights = Array(solution.dropFirst())
        self.means = means
        self.deviations = deviations
        self.iterations = iterations
    }

    /// How likely a row is to convert, 0…1.
    func probability(_ row: [Double]) -> Double {
        var sum = intercept
        for feature in weights.indices where deviations[feature] > 0 {
            sum += weights[feature] * (row[feature] - means[feature]) / deviations[feature]
        }
        return LogisticModel.sigmoid(sum)
    }

    private static func sigmoid(_ x: Double) -> Double {
        if x >= 0 { return 1 / (1 + exp(-x)) }
        let e = exp(x)
        return e / (1 + e)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for index in a.indices { sum += a[index] * b[index] }
        return sum
    }

    private static func loss(_ solution: [Double], _ design: [[Double]], _ labels: [Bool], _ penalty: Double) -> Double
    {
        var sum = 0.0
        for (row, label) in zip(design, labels) {
            let margin = dot(row, solution) * (label ? 1 : -1)
            sum += margin > 0 ? log1p(exp(-margin)) : -margin + log1p(exp(margin))
        }
        return sum + penalty / 2 * solution.dropFirst().reduce(0) { $0 + $1 * $1 }
    }

    /// (Xᵀ W X + penalty)⁻¹ (Xᵀ (y − p) − penalty × weights)
    private static func step(_ solution: [Double], _ design: [[Double]], _ labels: [Bool], _ penalty: Double)
        -> [Double]
    {
        let size = solution.count
        var hessian = [[Double]](repeating: Array(repeating: 0, count: size), count: size)
        var gradient = [Double](repeating: 0, count: size)
        for (row, label) in zip(design, labels) {
            let p = sigmoid(dot(row, solution))
            let weight = p * (1 - p)
            let miss = (label ? 1 : 0) - p
            for i in 0..<size {
                gradient[i] += row[i] * miss
                for j in 0...i { hessian[i][j] += weight * row[i] * row[j] }
            }
        }
        for i in 1..<max(size, 1) {
            gradient[i] -= penalty * solution[i]
            hessian[i][i] += penalty
        }
        // The intercept has no penalty: a trace keeps the matrix definite when all probabilities are 0 or 1.
        hessian[0][0] += 1e-12
        return solve(hessian, gradient)
    }

    /// Solves a symmetric positive definite system, given by its lower half, by Cholesky's decomposition.
    private static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        let size = right.count
        var lower = matrix
        for i in 0..<size {
            for j in 0...i {
                var sum = matrix[i][j]
                for k in 0..<j { sum -= lower[i][k] * lower[j][k] }
                lower[i][j] = i == j ? max(sum, 1e-300).squareRoot() : sum / lower[j][j]
            }
        }
        var x = right
        for i in 0..<size {
            for k in 0..<i { x[i] -= lower[i][k] * x[k] }
            x[i] /= lower[i][i]
        }
        for i in stride(from: size - 1, through: 0, by: -1) {
            for k in (i + 1)..<max(size, i + 1) { x[i] -= lower[k][i] * x[k] }
            x[i] /= lower[i][i]
        }
        return x
    }
}
