// Native events, one JSON object a line: bytes in, drafts out. No string and no dictionary is made for a good line; slices
// point into the batch's bytes, and only texts with escapes are copied.
public import JourneyEvents

/// Scans lines of native events into a batch.
public struct NDJSONScanner: Sendable {
    /// The source of events that name none.
    private let defaultSource: String?
    /// Whether every line must say where and when it was recorded.
    private let isExport: Bool
    /// Whether events of the source that is kept for Rihla's own commands are taken.
    private let takesOwn: Bool
    /// Whether the source that stands in is that one.
    private let isDefaultOwn: Bool
    /// For each event of the last scan, where its line lies in the bytes.
    var origins: [Slice] = []
    /// For each event of the last scan of an export, where and when it was recorded.
    var stamps: [ExportStamp] = []
    /// Events of the last scan that an export wrote.
    private(set) var exported = 0
    private var misses = NearMisses()
    private var words = BatchWords()
    private let names = FieldNames()
    private var known = KnownKeys(learning: ())
    /// For each known key its number among the batch's words, 0 while it has none.
    private var knownWords = [UInt16](repeating: 0, count: KnownKeys.most)
    /// Lines of the last scan.
    private(set) var lines: UInt64 = 0

    /// Keys at the top level that are one or two letters off a field's name, with how often each came.
    public var nearMisses: [String: Int] { misses.counts }

    /// A scanner; `defaultSource` stands in for an absent source.
    public init(defaultSource: String? = nil) {
        self.defaultSource = defaultSource
        isExport = false
        takesOwn = false
        isDefaultOwn = defaultSource.map { OwnSource.isMeant(by: $0) } ?? false
    }

    /// A scanner of what Rihla itself wrote: an export, or the events of its own commands.
    package init(ownEvents: Void, export: Bool = false) {
        defaultSource = nil
        isExport = export
        takesOwn = true
        isDefaultOwn = false
    }

    /// Scans the complete lines of `batch.bytes[range]` and appends their drafts; the first has the number `firstLine`.
    /// Lines of white space are skipped. Returns the lines that were rejected, with where each lies.
    public mutating func scan(_ batch: inout EventBatch, range: Range<Int>, firstLine: UInt64) -> [RejectedLine] {
        // The parts are taken out of the batch, so that the bytes can be read while events are added.
        var bytes: [UInt8] = []
        var drafts: [EventDraft] = []
        var properties: [PropertySlice] = []
        swap(&bytes, &batch.bytes)
        swap(&drafts, &batch.events)
        swap(&properties, &batch.properties)
        var decoded: [UInt8] = []
        origins.removeAll(keepingCapacity: true)
        stamps.removeAll(keepingCapacity: true)
        exported = 0
        words.removeAll()
        for index in knownWords.indices { knownWords[index] = 0 }
        let rejected = scan(bytes.span, range, firstLine, &drafts, &properties, &decoded)
        bytes.append(contentsOf: decoded)
        batch.words = words.slices
        swap(&bytes, &batch.bytes)
        swap(&drafts, &batch.events)
        swap(&properties, &batch.properties)
        return rejected
    }

    private mutating func scan(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        _ firstLine: UInt64,
        _ drafts: inout [EventDraft],
        _ properties: inout [PropertySlice],
        _ decoded: inout [UInt8]
    ) -> [RejectedLine] {
        var rejected: [RejectedLine] = []
        let base = bytes.count
        var source = Slice.absent
        var sourceWord: UInt16 = 0
        if let defaultSource, !defaultSource.isEmpty {
            decoded.append(contentsOf: defaultSource.utf8)
            source = Slice(start: base, count: decoded.count)
            sourceWord = words.number(KeyWord(defaultSource), source)
        }
        var number = firstLine
        var start = range.lowerBound
        let limit = (isExport ? 16 : 1) * InputReader.maximumLine
        var line = JSONLine(base: base)
        swap(&line.decoded, &decoded)
        swap(&line.known, &known)
        // A guess that saves most of the growing; an event with its line takes about this.
        drafts.reserveCapacity(drafts.count + range.count / 256)
        properties.reserveCapacity(properties.count + range.count / 64)
        while start < range.upperBound {
            if bytes[start] <= 32 {
                let blanks = WordScan.skipBlankLines(bytes, from: start, to: range.upperBound)
                (start, number) = (blanks.end, number + UInt64(blanks.count))
                guard start < range.upperBound else { break }
            }
            // Most lines are good and are read without looking for their end first.
            let isRead = line.readOne(bytes, from: start, to: range.upperBound)
            let end = isRead ? line.at : WordScan.find(10, bytes, from: start, to: range.upperBound)
            let firstProperty = properties.count
            do throws(Fault) {
                guard end - start <= limit else {
                    throw Fault(at: -1, code: .tooLong, message: "the line is longer than \(limit >> 20) MiB")
                }
                var isBlank = false
                if !isRead {
                    line.begin(from: start, to: end)
                    line.skipSpace(bytes)
                    isBlank = line.at == end
                    if !isBlank { try line.read(bytes) }
                }
                if !isBlank {
                    var draft = try self.draft(bytes, &line, &properties)
                    draft.line = number
                    if !draft.source.isPresent {
                        guard !isDefaultOwn else { throw EventFields.reservedSource(defaultSource ?? "", at: -1) }
                        (draft.source, draft.sourceWord) = (source, sourceWord)
                    }
                    drafts.append(draft)
                    origins.append(Slice(start: start, count: end - start))
                }
            } catch {
                properties.removeSubrange(firstProperty...)
                let column = error.at < 0 ? nil : error.at - start + 1
                rejected.append(
                    RejectedLine(
                        rejection: Rejection(line: number, column: column, code: error.code, message: error.message),
                        start: start,
                        count: end - start
                    )
                )
            }
            number += 1
            start = end + 1
        }
        lines = number - firstLine
        swap(&line.decoded, &decoded)
        swap(&line.known, &known)
        return rejected
    }

    private mutating func draft(
        _ bytes: Span<UInt8>,
        _ line: inout JSONLine,
        _ properties: inout [PropertySlice]
    ) throws(Fault) -> EventDraft {
        var draft = EventDraft()
        var amount: Member?
        var currency: Member?
        var hasTime = false
        let first = properties.count
        var stampMembers = StampMembers()
        for index in line.members.indices {
            let member = line.members[index]
            let known = member.known == KnownKeys.none ? nil : line.known.keys[Int(member.known)]
            let unknown = known == nil ? line.word(bytes, member.key) : nil
            guard let field = known?.field ?? unknown.flatMap({ names.field($0) }) else {
                if known?.isPlain != true {
                    let word = unknown ?? line.word(bytes, member.key)
                    if !stampMembers.add(member, word) { misses.note(word) { line.text(bytes, member.key) } }
                }
                properties.append(property(bytes, line, member))
                continue
            }
            // A JSON null is an absent field.
            if member.kind == .null { continue }
            switch field {
            case .id: draft.id = try text(bytes, &line, member, "id", limit: 256)
            case .source:
                draft.source = try text(bytes, &line, member, "source")
                draft.sourceWord = word(bytes, draft.source, member)
                try checkSource(bytes, line, draft.source, member)
            case .type:
                draft.type = try text(bytes, &line, member, "type", limit: 128)
                draft.typeWord = word(bytes, draft.type, member)
                try checkType(bytes, line, draft.type, member)
            case .occurredAt:
                draft.occurredAt = try time(bytes, &line, member)
                hasTime = true
            case .customer: draft.customer = try customer(bytes, &line, member)
            case .deal: draft.deal = try text(bytes, &line, member, "deal")
            case .account: draft.account = try text(bytes, &line, member, "account")
            case .channel:
                draft.channel = try text(bytes, &line, member, "channel")
                draft.channelWord = word(bytes, draft.channel, member)
            case .campaign:
                draft.campaign = try text(bytes, &line, member, "campaign")
                draft.campaignWord = word(bytes, draft.campaign, member)
            case .actor: draft.actor = try text(bytes, &line, member, "actor")
            case .correlation: draft.correlation = try text(bytes, &line, member, "correlation_id")
            case .causation: draft.causation = try text(bytes, &line, member, "causation_id")
            case .amount: amount = member
            case .currency: currency = member
            case .properties:
                guard member.kind == .object else { throw wrongKind(member, "properties must be an object") }
            }
        }
        if stampMembers.hasBoth { try takeStamp(bytes, line, stampMembers, &properties, from: first) }
        if let member = line.firstInnerTwice(bytes, properties[first...]) {
            throw Fault(
                at: Int(member.keyStart),
                code: .duplicateKey,
                message: "the property \"\(line.text(bytes, member.key))\" stands at the top level too"
            )
        }
        for member in line.inner { properties.append(property(bytes, line, member)) }
        draft.properties = Int32(first)..<Int32(properties.count)
        draft.amount = try money(bytes, &line, amount, currency)
        for (isThere, name) in [(draft.id.isPresent, "id"), (draft.type.isPresent, "type"), (hasTime, "occurred_at")]
        where !isThere {
            throw Fault(at: -1, code: .missingField, message: "the field \(name) is missing")
        }
        guard !isExport || stamps.count == origins.count + 1 else {
            throw Fault(at: -1, code: .missingField, message: "an exported event needs position and recorded_at")
        }
        return draft
    }

    @inline(__always)
    private mutating func property(_ bytes: Span<UInt8>, _ line: borrowing JSONLine, _ member: Member) -> PropertySlice
    {
        var property = PropertySlice(key: member.key, value: member.value)
        if member.known == KnownKeys.none {
            property.keyWord = words.number(line.word(bytes, member.key), member.key)
        } else {
            if knownWords[Int(member.known)] == 0 {
                knownWords[Int(member.known)] = words.number(line.word(bytes, member.key), member.key)
            }
            property.keyWord = knownWords[Int(member.known)]
        }
        return property
    }

    /// The number of a member's text; 0 when it has none.
    @inline(__always)
    private mutating func word(_ bytes: Span<UInt8>, _ text: Slice, _ member: Member) -> UInt16 {
        guard !member.isEscaped else { return 0 }
        return words.number(KeyWord(bytes, start: Int(text.start), count: Int(text.count)), text)
    }

    /// Takes what only an export writes, `position` together with `recorded_at`, out of the properties.
    private mutating func takeStamp(
        _ bytes: Span<UInt8>,
        _ line: JSONLine,
        _ members: StampMembers,
        _ properties: inout [PropertySlice],
        from first: Int
    ) throws(Fault) {
        guard let stamp = members.stamp(bytes, line) else { return }
        exported += 1
        if isExport { stamps.append(stamp) }
        for index in (first..<properties.count).reversed() where members.has(properties[index].value) {
            properties.remove(at: index)
        }
    }

    private func wrongKind(_ member: Member, _ message: String) -> Fault {
        Fault(at: Int(member.value.start), code: .invalidType, message: message)
    }

    /// The inside of a string member, unescaped.
    private func text(
        _ bytes: Span<UInt8>,
        _ line: inout JSONLine,
        _ member: Member,
        _ name: String,
        limit: Int = 65_536
    ) throws(Fault) -> Slice {
        guard member.kind == .string else { throw wrongKind(member, "\(name) must be a string") }
        var slice = Slice(start: Int(member.value.start) + 1, count: Int(member.value.count) - 2)
        if member.isEscaped { slice = line.decodeEscapes(bytes, slice) }
        guard Int(slice.count) <= limit else {
            throw Fault(at: Int(member.value.start), code: .tooLong, message: "\(name) is longer than \(limit) bytes")
        }
        if slice.count == 0, name == "id" || name == "type" {
            throw Fault(at: -1, code: .missingField, message: "the field \(name) is empty")
        }
        return slice
    }

    private func checkType(_ bytes: Span<UInt8>, _ line: JSONLine, _ type: Slice, _ member: Member) throws(Fault) {
        let isType =
            member.isEscaped
            ? EventFields.isType(line.copy(bytes, type).span, 0..<Int(type.count))
            : EventFields.isType(bytes, type.range)
        guard isType else { throw wrongKind(member, "the type \"\(line.text(bytes, type))\" is not snake_case") }
    }

    private func checkSource(_ bytes: Span<UInt8>, _ line: JSONLine, _ source: Slice, _ member: Member) throws(Fault) {
        guard !takesOwn else { return }
        let isOwn =
            member.isEscaped
            ? OwnSource.isMeant(by: line.text(bytes, source)) : OwnSource.isMeant(by: bytes, in: source.range)
        guard isOwn else { return }
        throw EventFields.reservedSource(line.text(bytes, source), at: Int(member.value.start))
    }

    private func time(_ bytes: Span<UInt8>, _ line: inout JSONLine, _ member: Member) throws(Fault) -> Int64 {
        func bad(_ found: String) -> Fault {
            Fault(
                at: Int(member.value.start),
                code: .invalidTime,
                message:
                    "occurred_at \(found) is not RFC 3339 with at most three decimals of a second, or not in the years 0000 to 9999"
            )
        }
        guard member.kind == .string else { throw bad(line.text(bytes, member.value)) }
        if !member.isEscaped {
            let start = Int(member.value.start) + 1
            if let time = Timestamp.parse(bytes, from: start, to: start + Int(member.value.count) - 2) { return time }
        } else {
            let slice = line.decodeEscapes(
                bytes,
                Slice(start: Int(member.value.start) + 1, count: Int(member.value.count) - 2)
            )
            if let time = Timestamp(rfc3339: line.text(bytes, slice)) { return time.rawValue }
        }
        throw bad(line.text(bytes, member.value))
    }

    /// The customer as `kind:value`. What is normal already stays where it is; everything else is made behind the input.
    private func customer(_ bytes: Span<UInt8>, _ line: inout JSONLine, _ member: Member) throws(Fault) -> Slice {
        let slice = try text(bytes, &line, member, "customer")
        var form = EventFields.CustomerForm.needsIdentifier
        if !member.isEscaped { form = EventFields.customerForm(bytes, slice.range) }
        let start = line.decoded.count
        switch form {
        case .normal: return slice
        case .needsPrefix:
            line.decoded.append(contentsOf: EventFields.customerPrefix)
            for index in slice.range { line.decoded.append(bytes[index]) }
        case .needsIdentifier:
            let written = line.text(bytes, slice)
            guard written.first != ":", let identifier = Identifier(written) else {
                throw Fault(
                    at: Int(member.value.start),
                    code: .invalidCustomer,
                    message: "the customer \"\(written)\" is not kind:value"
                )
            }
            line.decoded.append(contentsOf: identifier.description.utf8)
        }
        return Slice(start: line.sliceStart(start), count: line.decoded.count - start)
    }

    private func money(_ bytes: Span<UInt8>, _ line: inout JSONLine, _ amount: Member?, _ currency: Member?)
        throws(Fault)
        -> Amount?
    {
        guard let amount else {
            if let currency { _ = try code(bytes, &line, currency) }
            return nil
        }
        var range = amount.value.range
        switch amount.kind {
        case .number: break
        case .string: range = (range.lowerBound + 1)..<(range.upperBound - 1)
        default: throw wrongKind(amount, "amount must be a decimal")
        }
        guard !amount.isEscaped, let decimal = DecimalScanner.parse(bytes, range) else {
            throw Fault(
                at: Int(amount.value.start),
                code: .invalidAmount,
                message: "amount \(line.text(bytes, amount.value)) is not a decimal with at most six decimals"
            )
        }
        guard let currency else {
            throw Fault(at: -1, code: .missingField, message: "the field currency is missing, there is an amount")
        }
        return Amount(units: decimal.units, scale: decimal.scale, currency: try code(bytes, &line, currency))
    }

    private func code(_ bytes: Span<UInt8>, _ line: inout JSONLine, _ member: Member) throws(Fault) -> Currency {
        let slice = try text(bytes, &line, member, "currency")
        let start = Int(slice.start)
        guard slice.count == 3,
            let currency = Currency(line.byte(bytes, start), line.byte(bytes, start + 1), line.byte(bytes, start + 2))
        else {
            throw Fault(
                at: Int(member.value.start),
                code: .invalidCurrency,
                message: "the currency \"\(line.text(bytes, slice))\" is not an ISO 4217 code"
            )
        }
        return currency
    }
}
