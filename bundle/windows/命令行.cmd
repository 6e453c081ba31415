@echo off
rem A console in the folder of results, in which gapmatch is a command. ASCII only, like the other launchers.
setlocal
set "PYTHONUTF8=1"
set "PATH=%~dp0;%PATH%"
if not defined GAPMATCH_WORKSPACE set "GAPMATCH_WORKSPACE=%USERPROFILE%\Documents\gapmatch"
if not exist "%GAPMATCH_WORKSPACE%" mkdir "%GAPMATCH_WORKSPACE%"
cd /d "%GAPMATCH_WORKSPACE%"
"%~dp0python\python.exe" -m gapmatch --version
cmd /k
