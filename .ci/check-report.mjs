// The part of check-report that drives the browser, over its debugging pipe and without any package.
// Arguments: directory of the pages, en.html and ar.html among them, axe.min.js or nothing, directory for pictures or nothing.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [directory, axe, pictures] = process.argv.slice(2)
const profile = mkdtempSync(join(tmpdir(), 'rihla-chromium-'))
const browser = spawn('chromium', [
    '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run', `--user-data-dir=${profile}`,
    '--disable-background-networking', '--remote-debugging-pipe',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })

const waiting = new Map()
const listeners = new Set()
let last = 0
let rest = ''
browser.stdio[4].setEncoding('utf8')
browser.stdio[4].on('data', chunk => {
    const messages = (rest + chunk).split('\0')
    rest = messages.pop()
    for (const message of messages.map(text => JSON.parse(text))) {
        if (!message.id) { for (const listener of listeners) listener(message); continue }
        const { resolve, reject } = waiting.get(message.id)
        waiting.delete(message.id)
        if (message.error) reject(new Error(message.error.message)); else resolve(message.result)
    }
})
const send = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject })
    browser.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId }) + '\0')
})
setTimeout(() => { console.error('check-report: the browser does not answer'); process.exit(1) }, 120_000).unref()

const findings = []
const find = (where, what) => findings.push(`${where}: ${what}`)

// Opens a page as one reader does, and gives it to `body`.
async function open(name, { width, height, scheme, media = 'screen', scripts = false }, body) {
    const where = `${name} ${scheme} ${media} ${width}`
    const url = `file://${join(directory, name + '.html')}`
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
    const page = (method, params) => send(method, params, sessionId)
    const seen = []
    let loaded
    const isLoaded = new Promise(resolve => { loaded = resolve })
    const listener = message => {
        if (message.sessionId !== sessionId) return
        seen.push(message)
        if (message.method === 'Page.loadEventFired') loaded()
    }
    listeners.add(listener)
    for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await page(`${domain}.enable`)
    await page('Emulation.setScriptExecutionDisabled', { value: !scripts })
    await page('Emulation.setEmulatedMedia', { media, features: [{ name: 'prefers-color-scheme', value: scheme }] })
    await page('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 })
    await page('Page.navigate', { url })
    await isLoaded
    await body(page, where)
    for (const { method, params } of seen) {
        if (method === 'Network.requestWillBeSent' && params.request.url !== url) find(where, `asks for ${params.request.url}`)
        if (method === 'Log.entryAdded') find(where, params.entry.text)
        if (method === 'Runtime.exceptionThrown') find(where, params.exceptionDetails.text)
        if (method === 'Runtime.consoleAPICalled') find(where, 'writes to the console')
    }
    listeners.delete(listener)
    await send('Target.closeTarget', { targetId })
}

async function checkNames(page, where) {
    const { nodes } = await page('Accessibility.getFullAXTree')
    const named = ['heading', 'image', 'img', 'region', 'table']
    let count = 0
    for (const node of nodes) {
        if (node.ignored || !named.includes(node.role?.value)) continue
        count += 1
        if (!node.name?.value?.trim()) find(where, `a ${node.role.value} has no name`)
    }
    if (count < 12) find(where, `only ${count} headings, charts and tables`)
}

for (const name of readdirSync(directory).filter(file => file.endsWith('.html')).map(file => file.slice(0, -5)).sort()) {
    for (const scheme of ['light', 'dark']) {
        for (const width of [360, 768, 1280]) {
            await open(name, { width, height: 900, scheme }, async (page, where) => {
                const { cssContentSize } = await page('Page.getLayoutMetrics')
                if (cssContentSize.width > width) find(where, `is ${cssContentSize.width} pixels wide`)
                await checkNames(page, where)
                if (!pictures || width !== 1280 || !['en light', 'ar dark'].includes(`${name} ${scheme}`)) return
                const { data } = await page('Page.captureScreenshot', {
                    format: 'png', captureBeyondViewport: true, clip: { x: 0, y: 0, width, height: 1640, scale: 1 },
                })
                writeFileSync(join(pictures, `report-${name}-${scheme}.png`), Buffer.from(data, 'base64'))
            })
        }
    }
    // A4 without its margins.
    await open(name, { width: 703, height: 1017, scheme: 'dark', media: 'print' }, async (page, where) => {
        const { cssContentSize } = await page('Page.getLayoutMetrics')
        if (cssContentSize.width > 703) find(where, `is ${cssContentSize.width} pixels wide`)
        const { data } = await page('Page.printToPDF', { preferCSSPageSize: true, printBackground: true })
        const pdf = Buffer.from(data, 'base64')
        if (pdf.length < 20_000 || pdf.subarray(0, 5).toString() !== '%PDF-') find(where, 'does not print')
    })
    if (!axe) continue
    const source = readFileSync(axe, 'utf8')
    for (const scheme of ['light', 'dark']) {
        await open(name, { width: 1280, height: 900, scheme, scripts: true }, async (page, where) => {
            await page('Runtime.evaluate', { expression: source + ';undefined' })
            const { result, exceptionDetails } = await page('Runtime.evaluate', {
                awaitPromise: true, returnByValue: true, expression: `axe.run().then(({ violations }) => violations.map(
                    ({ id, nodes }) => id + ' at ' + nodes.slice(0, 3).map(node => node.target + ' ' + node.failureSummary)))`,
            })
            if (exceptionDetails) find(where, exceptionDetails.text)
            for (const violation of result.value ?? []) find(where, violation)
        })
    }
}
browser.once('exit', () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    for (const finding of findings) console.error(`check-report: ${finding}`)
    if (findings.length) process.exit(1)
    console.log('check-report: no request, no error, nothing wider than its screen or paper, all charts and tables named'
        + (axe ? ', no finding of axe-core' : ''))
    process.exit(0)
})
send('Browser.close').catch(() => browser.kill())
