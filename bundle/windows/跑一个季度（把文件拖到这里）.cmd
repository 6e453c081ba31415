@echo off
rem Dropped files: names with & are not quoted by Explorer, so the command line as it came is passed on whole.
setlocal EnableDelayedExpansion
set "PYTHONUTF8=1"
set "GAPMATCH_DROPPED=!cmdcmdline!"
rem Off again: with it, a folder with ! in its name would not be found.
setlocal DisableDelayedExpansion
"%~dp0python\python.exe" "%~dp0menu.py" run %*
exit
