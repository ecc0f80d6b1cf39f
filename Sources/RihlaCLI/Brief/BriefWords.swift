// The words of a brief, in English and in Arabic. The words of the data stay as they are.

struct BriefWords {
    enum Language: String, CaseIterable { case english = "en", arabic = "ar" }

    let language: Language

    /// The word for a name of the answer; the name itself when it has none.
    subscript(_ name: String) -> String {
        guard let word = BriefWords.words[name] else { return name.replacing("_", with: " ") }
        return language == .arabic ? word.arabic : word.english
    }

    /// What to do next, by rule; `text` is the sentence of the answer.
    func step(_ rule: String, _ text: String) -> String {
        language == .arabic ? BriefWords.steps[rule] ?? text : text
    }

    private static let words: [String: (english: String, arabic: String)] = [
        "brief": ("Brief", "ملخّص العميل"), "next": ("Next step", "الخطوة التالية"), "then": ("Then", "ثم"),
        "also": ("also known as", "معرّفات أخرى"), "nothing": ("Nothing known of", "لا يُعرف شيء عن"),
        "more": ("more", "أخرى"), "account": ("account", "الحساب"), "owner": ("owner", "المسؤول"),
        "stage": ("stage", "المرحلة"), "peak": ("peak", "أعلى مرحلة"), "since": ("since", "منذ"),
        "dormant": ("dormant since", "خامل منذ"), "revenue": ("revenue", "الإيراد"), "due": ("due", "الموعد"),
        "as_of": ("as of", "حتى"), "position": ("position", "الموضع"), "rules": ("rules", "القواعد"),
        "handoff": ("Hand-off", "التسليم"), "to": ("to", "إلى"), "accept": ("accept", "القبول"),
        "contact": ("contact", "التواصل"), "met": ("met", "في الموعد"), "breached": ("breached", "تجاوز الموعد"),
        "open": ("open", "مفتوح"), "n/a": ("n/a", "لا ينطبق"), "given_back": ("given back", "أُعيد"),
        "score": ("Score", "التقييم"), "fit": ("fit", "الملاءمة"), "engagement": ("engagement", "التفاعل"),
        "grade": ("grade", "الدرجة"), "deals": ("Deals", "الصفقات"), "won": ("won", "رُبحت"), "lost": ("lost", "خُسرت"),
        "expected": ("expected", "الإغلاق المتوقّع"), "overdue": ("overdue", "متأخر"), "stuck": ("stuck", "متوقّفة"),
        "follow_ups": ("Follow-ups", "المتابعات"), "meetings": ("Meetings", "الاجتماعات القادمة"),
        "objections": ("Objections", "الاعتراضات"), "resolved": ("resolved", "حُلّ"),
        "unresolved": ("unresolved", "لم يُحلّ"), "competitor": ("competitor", "المنافس"),
        "questions": ("Questions", "الأسئلة"), "answered": ("answered", "أُجيب"),
        "contacts": ("Contacts", "آخر التواصل"),
        "call_made": ("call", "مكالمة"), "sales_email_sent": ("e-mail", "بريد"),
        "sales_email_replied": ("reply", "ردّ"), "meeting_booked": ("meeting booked", "حُجز اجتماع"),
        "meeting_held": ("meeting", "اجتماع"), "meeting_missed": ("meeting missed", "اجتماع فائت"),
        "demo_held": ("demo", "عرض توضيحي"), "inbound": ("inbound", "وارد"), "outbound": ("outbound", "صادر"),
        "connected": ("connected", "تمّ الاتصال"), "no_answer": ("no answer", "لا ردّ"),
        "voicemail": ("voicemail", "بريد صوتي"), "interests": ("Interests", "الاهتمامات"), "page": ("page", "صفحة"),
        "content": ("content", "محتوى"), "video": ("video", "فيديو"), "email_link": ("e-mail link", "رابط بريد"),
        "product": ("product", "المنتج"), "form": ("form", "نموذج"), "event": ("event", "فعالية"),
        "topic": ("topic", "موضوع"), "touches": ("Touches", "نقاط التواصل"), "first": ("first", "الأولى"),
        "last": ("last", "الأخيرة"), "channels": ("channels", "القنوات"), "campaigns": ("campaigns", "الحملات"),
        "messages": ("Promised", "ما وُعد به"), "times": ("times in", "الأوقات بتوقيت"),
    ]

    private static let steps = [
        "given_back": "اتركه للتسويق: أُعيد العميل المحتمل", "disqualified": "لا شيء: استُبعد العميل المحتمل",
        "accept": "اقبل العميل المحتمل أو أعده", "first_contact": "تواصل معه أول مرة",
        "overdue_follow_up": "نفّذ ما وُعد به", "meeting": "حضّر للاجتماع", "objection": "أجب عن الاعتراض",
        "question": "أجب عن السؤال", "close_date": "اتفق على موعد إغلاق جديد",
        "stuck": "حرّك الصفقة: بقيت في مرحلتها أطول من تسع من عشر", "follow_up": "نفّذ المتابعة",
        "missed_meeting": "اقترح موعدًا آخر: فات الاجتماع الأخير", "call_again": "اتصل ثانية: لم يُجب أحد",
        "deal": "خطّط للخطوة التالية: الصفقة مفتوحة ولا شيء مخطّط", "hand_off": "سلّمه للمبيعات: العميل مؤهّل",
        "lost": "اسأل عمّا تغيّر: خُسرت الصفقة الأخيرة", "customer": "ابقَ على تواصل: عميل بلا صفقة مفتوحة",
        "nurture": "اتركه للتسويق: لا شيء يستدعي المبيعات بعد",
    ]
}
