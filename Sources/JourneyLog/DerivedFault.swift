// What is made from the log can be made again from it. So a part that is found damaged, or gone to another history, is no end:
// whoever asked has it made anew and asks once more.
package import JourneyEvents
package import LMDB
internal import Platform

/// Something derived that cannot be read as it is.
package struct DerivedFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which part.
    package enum Part: Hashable, Sendable {
        case index
        /// The view with this name.
        case view(String)
    }
    /// The part.
    package var part: Part
    /// What was found.
    package var reason: String
    /// False when the part is sound, but no longer what the reader began with.
    package var isDamage: Bool
    /// The environment that was read: whoever has another one since need not make it anew again.
    package var environment: ObjectIdentifier?

    /// A fault of a part.
    package init(_ part: Part, _ reason: String, isDamage: Bool = true, of environment: Environment? = nil) {
        self.part = part
        self.reason = reason
        self.isDamage = isDamage
        self.environment = environment.map { ObjectIdentifier($0) }
    }

    /// The part's name.
    package var name: String {
        switch part {
        case .index: "the index"
        case .view(let name): "the view \(name)"
        }
    }

    package var description: String { "\(name): \(reason)" }

    /// What a user is told when the part was made anew and was damaged again.
    package var unreliable: RihlaError {
        RihlaError(
            .damaged,
            "\(name) was made anew and is damaged again (\(reason))",
            hint: "the storage under this directory changes what is written to it: check the disk and its memory"
        )
    }
}

/// Runs `body` on something derived; damage that it comes upon becomes a ``DerivedFault`` of the part.
package func readingDerived<R>(_ part: DerivedFault.Part, of environment: Environment? = nil, _ body: () throws -> R)
    throws -> R
{
    do {
        return try body()
    } catch let error as RecordDamage {
        throw DerivedFault(part, "a value is damaged at its byte \(error.offset)", of: environment)
    } catch let error as ValueDamage {
        throw DerivedFault(part, "\(error)", of: environment)
    } catch let error as IndexDamage {
        throw DerivedFault(part, "it is damaged at position \(error.position)", of: environment)
    } catch let error as FileCheckError {
        throw DerivedFault(part, "\(error)", of: environment)
    } catch let error as LMDBError where error.isDamage {
        throw DerivedFault(part, "\(error)", of: environment)
    }
}
